"""What breaks pauses its journey loudly, and keeps nobody else from moving."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.journeys.conftest import World
from trellis.journeys import book, engine, moves
from trellis.journeys.models import Enrolment, Journey, JourneyVersion, StepCount, StepPass
from trellis.messaging import outbox
from trellis.messaging.models import Message, Template
from trellis.people.models import Attribute

SEND = "- {id: pause, wait: {for: 1 day}}\n- {id: mail, send: {template: hello}}"
PAUSE = "- {id: pause, wait: {for: 1 day}}"


def test_a_step_whose_template_is_gone_pauses_its_journey_only(world: World) -> None:
    broken, whole = world.journey(SEND, key="broken"), world.journey(PAUSE, key="whole")
    ann = world.person()
    world.start(ann)
    Template.objects.filter(key="hello").delete()
    world.tick(days=1)
    broken.refresh_from_db()
    assert broken.state == "paused"
    assert broken.why == "Step mail: there is no template 'hello' any more."
    held = Enrolment.objects.get(journey_id=broken.id)
    assert (held.state, held.step, held.wake_at) == ("active", "mail", None)
    assert Enrolment.objects.get(journey_id=whole.id).state == "done"


def test_a_step_that_fails_unexpectedly_pauses_its_journey(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> int:
        raise RuntimeError("no paper")

    monkeypatch.setattr(outbox, "request", fail)
    journey = world.journey(SEND)
    ann = world.person()
    world.start(ann)
    world.tick(days=1)
    journey.refresh_from_db()
    assert (journey.state, journey.why) == (
        "paused",
        "Step mail failed: RuntimeError: no paper",
    )
    assert world.path(ann) == ["pause:passed"]


def test_a_rule_that_no_longer_reads_pauses_its_journey(world: World) -> None:
    broken = world.journey(PAUSE, head="exit: {field: attr.topic, op: eq, value: x}", key="b")
    whole = world.journey(PAUSE, key="whole")
    ann = world.person()
    world.start(ann)
    Attribute.objects.filter(key="topic").delete()
    book.forget()
    world.tick(days=1)
    broken.refresh_from_db()
    assert broken.state == "paused"
    assert "there is no field attr.topic" in broken.why
    assert Enrolment.objects.get(journey_id=broken.id).wake_at is None
    assert Enrolment.objects.get(journey_id=whole.id).state == "done"


def test_a_run_whose_step_is_missing_fails_and_is_counted(world: World) -> None:
    journey = world.journey(PAUSE)
    ann = world.person()
    world.start(ann)
    Enrolment.objects.filter(contact_id=ann).update(step="gone")
    world.tick(days=1)
    run = world.run_of(ann)
    assert (run.state, run.outcome, run.reason) == ("failed", "error", "step_missing")
    version = JourneyVersion.objects.get(journey=journey)
    assert StepCount.objects.get(version_id=version.id, outcome="error:step_missing").n == 1


def test_a_batch_that_is_rolled_back_leaves_nothing(world: World) -> None:
    world.journey("- {id: mail, send: {template: hello}}\n- {id: pause, wait: {for: 1 day}}")
    ann = world.person()
    with transaction.atomic():
        engine.react([world.event(ann)], world.now)
        transaction.set_rollback(True)
    assert not Enrolment.objects.exists()
    assert not StepPass.objects.exists()
    assert not Message.objects.exists()
    world.start(ann)
    assert world.run_of(ann).step == "pause"


def test_a_tick_that_is_rolled_back_moves_again_and_sends_once(world: World) -> None:
    world.journey(SEND)
    ann = world.person()
    world.start(ann)
    world.tick(hours=23)
    with transaction.atomic():
        assert world.tick(hours=1) == 1
        transaction.set_rollback(True)
    assert world.run_of(ann).state == "waiting"
    assert world.tick() == 1
    assert Message.objects.filter(contact_id=ann).count() == 1
    assert world.path(ann) == ["pause:passed", "mail:requested"]


def test_a_run_that_never_comes_to_rest_goes_on_in_the_next_tick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "MAX_ROUNDS", 2)
    steps = "\n".join(f"- {{id: m{n}, score: {{points: {n}}}}}" for n in range(1, 6))
    world.journey(steps)
    ann = world.person()
    world.start(ann)
    run = world.run_of(ann)
    assert (run.state, run.step, run.wake_at) == ("active", "m3", world.now)
    world.tick()
    assert len(world.path(ann)) == 5
    assert world.run_of(ann).outcome == "end"


def test_a_run_with_too_many_steps_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "MAX_HOPS", 2)
    world.journey("\n".join(f"- {{id: m{n}, score: {{points: 1}}}}" for n in range(4)))
    ann = world.person()
    world.start(ann)
    run = world.run_of(ann)
    assert (run.outcome, run.reason) == ("error", "too_many_steps")


def test_runs_of_a_stopped_journey_end_when_they_come_due(world: World) -> None:
    journey = world.journey(PAUSE)
    ann = world.person()
    world.start(ann)
    Journey.objects.filter(id=journey.id).update(state="stopped")
    world.tick(days=1)
    assert world.run_of(ann).reason == "stopped"
