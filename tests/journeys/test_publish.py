"""Versions: publishing, those who wait, pause, resume and stop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journeys.conftest import World
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.events.models import Signal
from trellis.journeys import actions, bulk
from trellis.journeys.definition import DefinitionError, outline, to_plain
from trellis.journeys.models import Enrolment, JourneyVersion
from trellis.messaging.models import Message
from trellis.rules import usage

FIRST = "- {id: pause, wait: {for: 2 days}}\n- {id: old, exit: {reason: old}}"
SECOND = "- {id: pause, wait: {for: 5 days}}\n- {id: new, exit: {reason: new}}"


@pytest.fixture(autouse=True)
def at_the_worlds_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Actions take the time from the clock; here it is the test's."""
    monkeypatch.setattr(clock, "now", lambda: world.now)


def test_runs_stay_on_the_version_in_which_they_began(world: World) -> None:
    journey = world.journey(FIRST)
    ann, bob = world.person(), world.person()
    world.start(ann)
    actions.save_draft(SYSTEM, journey.id, world.text(SECOND))
    actions.publish(SYSTEM, journey.id)
    world.start(bob)
    world.tick(days=5)
    assert world.run_of(ann).reason == "old"
    assert world.run_of(bob).reason == "new"


def test_who_waits_may_be_moved_to_the_same_step_and_keeps_its_time(world: World) -> None:
    journey = world.journey(FIRST)
    ann = world.person()
    world.start(ann)
    began = world.run_of(ann).step_since
    world.tick(days=1)
    actions.save_draft(SYSTEM, journey.id, world.text(SECOND))
    version = actions.publish(SYSTEM, journey.id, waiting={"pause": "move:pause"})
    world.tick()
    run = world.run_of(ann)
    assert (run.version_id, run.state, run.step_since) == (version.id, "waiting", began)
    assert run.wake_at == began + timedelta(days=5)
    world.tick(days=4)
    assert world.run_of(ann).reason == "new"


def test_who_waits_may_be_moved_to_another_step_and_runs_it(world: World) -> None:
    journey = world.journey(FIRST)
    ann = world.person()
    world.start(ann)
    steps = "- {id: mail, send: {template: hello}}\n- {id: rest, wait: {for: 1 day}}"
    actions.save_draft(SYSTEM, journey.id, world.text(steps))
    actions.publish(SYSTEM, journey.id, waiting={"pause": "move:mail"})
    world.tick()
    assert Message.objects.filter(contact_id=ann).count() == 1
    assert world.run_of(ann).step == "rest"


def test_who_waits_may_be_let_go(world: World) -> None:
    journey = world.journey(FIRST)
    ann = world.person()
    world.start(ann)
    actions.publish(SYSTEM, journey.id, waiting={"pause": "exit"})
    run = world.run_of(ann)
    assert (run.outcome, run.reason) == ("exit", "published")


def test_a_choice_that_makes_no_sense_is_refused_before_anything_changes(world: World) -> None:
    journey = world.journey(FIRST)
    for choice in ("move:nowhere", "leave", "move"):
        with pytest.raises(InvalidInput, match="stay, exit"):
            actions.publish(SYSTEM, journey.id, waiting={"pause": choice})
    assert JourneyVersion.objects.filter(journey=journey).count() == 1


def test_the_preview_tells_what_changes_and_who_waits(world: World) -> None:
    journey = world.journey(FIRST)
    world.react(*(world.event(world.person()) for _ in range(3)))
    actions.save_draft(SYSTEM, journey.id, world.text(SECOND, head="stale_after_days: 2"))
    seen = actions.preview_publish(SYSTEM, journey.id)
    assert (seen.number, seen.added, seen.removed) == (2, ("new",), ("old",))
    assert (seen.changed, seen.head) == (("pause",), ("stale_after_days",))
    (group,) = seen.waiting
    assert (group.number, group.step, group.runs) == (1, "pause", 3)
    assert group.suggestion == "move:pause"
    assert "-      for: 2 days" in seen.diff
    assert "+      for: 5 days" in seen.diff


def test_a_draft_with_faults_is_kept_but_not_published(world: World) -> None:
    journey = world.journey(FIRST)
    problems = actions.save_draft(SYSTEM, journey.id, world.text("- {id: a, wait: {for: x}}"))
    assert [problem.path for problem in problems] == ["steps[0].wait.for"]
    with pytest.raises(DefinitionError):
        actions.publish(SYSTEM, journey.id)
    ann = world.person()
    world.start(ann)
    assert world.run_of(ann).step == "pause"


def test_the_key_of_a_journey_never_changes(world: World) -> None:
    journey = world.journey(FIRST)
    problems = actions.save_draft(SYSTEM, journey.id, world.text(FIRST, key="other"))
    assert [problem.message for problem in problems] == ["stays 'class'"]
    with pytest.raises(InvalidInput, match="stays class"):
        actions.publish(SYSTEM, journey.id)


def test_two_journeys_cannot_share_a_key(world: World) -> None:
    world.journey(FIRST)
    with pytest.raises(Conflict, match="already"):
        actions.create(SYSTEM, world.text(FIRST))


def test_a_paused_journey_holds_its_runs_and_goes_on_when_resumed(world: World) -> None:
    journey = world.journey(FIRST)
    ann, bob = world.person(), world.person()
    world.react(world.event(ann), world.event(bob))
    actions.pause(SYSTEM, journey.id, "wrong prices")
    world.tick(days=3)
    assert (world.run_of(ann).state, world.run_of(ann).wake_at) == ("waiting", None)
    assert world.tick(days=3) == 0
    actions.resume(SYSTEM, journey.id)
    assert world.tick() == 2
    assert world.run_of(ann).reason == "old"


def test_resuming_early_moves_nobody_before_the_time(world: World) -> None:
    journey = world.journey(FIRST)
    ann = world.person()
    world.start(ann)
    due = world.run_of(ann).wake_at
    actions.pause(SYSTEM, journey.id)
    world.tick(hours=1)
    actions.resume(SYSTEM, journey.id)
    world.tick()
    assert (world.run_of(ann).state, world.run_of(ann).wake_at) == ("waiting", due)


def test_stopping_ends_every_run(world: World) -> None:
    journey = world.journey(FIRST)
    ann = world.person()
    world.start(ann)
    actions.stop(SYSTEM, journey.id)
    world.tick()
    run = world.run_of(ann)
    assert (run.outcome, run.reason, run.live_key) == ("exit", "stopped", None)


def test_states_turn_only_as_they_may(world: World) -> None:
    draft = actions.create(SYSTEM, world.text(FIRST, key="draft"))
    journey = world.journey(FIRST)
    with pytest.raises(Conflict, match="is live"):
        actions.resume(SYSTEM, journey.id)
    with pytest.raises(Conflict, match="is draft"):
        actions.pause(SYSTEM, draft.id)
    with pytest.raises(NotFound):
        actions.stop(SYSTEM, 0)


def test_changes_need_rights_and_leave_a_trail(world: World) -> None:
    viewer = Actor(kind="user", id=1, name="Vi", rights=frozenset({"journeys.read"}))
    writer = Actor(
        kind="user", id=2, name="Wu", rights=frozenset({"journeys.read", "journeys.write"})
    )
    with pytest.raises(Forbidden):
        actions.create(viewer, world.text(FIRST))
    journey = actions.create(writer, world.text(FIRST))
    for refused in (actions.publish, actions.pause, actions.stop, actions.resume):
        with pytest.raises(Forbidden):
            refused(writer, journey.id)
    assert Audit.objects.filter(object_type="journey").get().action == "journey.create"


def test_behaviour_named_in_a_rule_becomes_a_signal(world: World) -> None:
    rule = "{event: {type: track, name: Baked}, op: count_gte, value: 2}"
    journey = world.journey(f"- {{id: a, wait: {{until: {rule}, timeout: 2 days}}}}")
    signal = Signal.objects.get(event_name="Baked")
    version = JourneyVersion.objects.get(journey=journey)
    assert version.definition["steps"][0]["wait"]["until"]["field"] == f"signal.{signal.key}"
    assert "Baked" in version.source


def test_what_a_running_journey_names_is_in_use(world: World) -> None:
    journey = world.journey(
        """
        - {id: mark, set: {attribute: topic, value: x}}
        - {id: up, stage: {to: mql}}
        """,
        head="entry: [{segment: {entered: hot}}]\nexit: {field: attr.vip, op: eq, value: true}",
    )
    found = [usage.of_segment("hot"), usage.of_stage("mql")]
    found += [usage.of_attribute("topic"), usage.of_attribute("vip")]
    assert [[use.id for use in uses] for uses in found] == [[journey.id]] * 4
    assert usage.of_attribute("visits") == []
    actions.stop(SYSTEM, journey.id)
    assert usage.of_segment("hot") == []


def test_large_groups_move_in_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    journey = world.journey(FIRST)
    world.react(*(world.event(world.person()) for _ in range(7)))
    version = JourneyVersion.objects.create(
        journey=journey, number=2, source="", definition=_plain(world)
    )
    monkeypatch.setattr(bulk, "CHUNK", 3)
    assert bulk.settle_all_waiting(journey.id, version.id, {"pause": "move:pause"}) == 7
    assert Enrolment.objects.filter(version_id=version.id).count() == 7
    assert bulk.settle_all_waiting(journey.id, version.id, {"pause": "move:pause"}) == 0


def _plain(world: World) -> dict[str, object]:
    return to_plain(outline(world.text(SECOND)))
