"""Runs through steps, with time moved by the test."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journeys.conftest import NOW, World
from trellis.events.models import Inbox
from trellis.events.types import decoder
from trellis.journeys.models import StepPass
from trellis.leads.models import Stage, StageMove
from trellis.messaging.models import Message

TOPIC = "{field: attr.topic, op: eq, value: pastry}"


def test_a_wait_parks_until_its_time_and_not_before(world: World) -> None:
    world.journey("- {id: pause, wait: {for: 2 days}}\n- {id: won, goal: {}}")
    ann = world.person()
    world.start(ann)
    assert world.run_of(ann).wake_at == NOW + timedelta(days=2)
    assert world.tick(days=1, hours=23) == 0
    assert world.run_of(ann).state == "waiting"
    assert world.tick(hours=1) == 1
    run = world.run_of(ann)
    assert (run.state, run.outcome, run.reason) == ("done", "goal", "step")
    assert world.path(ann) == ["pause:passed", "won:goal"]


def test_steps_before_the_first_wait_run_in_the_batch_of_the_event(world: World) -> None:
    world.journey("- {id: hello, send: {template: hello}}\n- {id: pause, wait: {for: 1 day}}")
    ann = world.person()
    world.start(ann)
    message = Message.objects.get(contact_id=ann)
    run = world.run_of(ann)
    assert message.cause == f"journey:{run.enrolment_id}:hello:0"
    assert message.journey_id == run.journey_id
    assert (run.step, run.state) == ("pause", "waiting")


def test_a_journey_that_comes_to_its_end_is_done(world: World) -> None:
    world.journey("- {id: hello, send: {template: hello}}")
    ann = world.person()
    world.start(ann)
    run = world.run_of(ann)
    assert (run.state, run.outcome, run.live_key, run.wake_at) == ("done", "end", None, None)


def test_a_branch_takes_the_first_way_that_holds(world: World) -> None:
    world.journey(
        f"""
        - id: split
          branch:
            - {{name: pastry, when: {TOPIC}, steps: [{{id: a, exit: {{reason: sweet}}}}]}}
            - {{name: known, when: {{field: contact.known, op: eq, value: true}},
               steps: [{{id: b, exit: {{reason: known}}}}]}}
            - {{name: otherwise, steps: [{{id: c, exit: {{reason: other}}}}]}}
        """
    )
    ann, bob, eve = world.person(), world.person(), world.person(known=False)
    world.know(ann, topic="pastry")
    world.react(world.event(ann), world.event(bob), world.event(eve))
    assert world.path(ann) == ["split:pastry", "a:exit"]
    assert world.path(bob) == ["split:known", "b:exit"]
    assert world.path(eve) == ["split:otherwise", "c:exit"]
    assert world.run_of(eve).reason == "other"


def test_who_fits_no_branch_goes_on_after_it(world: World) -> None:
    world.journey(
        f"""
        - id: split
          branch:
            - {{name: pastry, when: {TOPIC}, steps: [{{id: a, wait: {{for: 1 day}}}}]}}
        - {{id: won, goal: {{}}}}
        """
    )
    ann, bob = world.person(), world.person()
    world.know(ann, topic="pastry")
    world.react(world.event(ann), world.event(bob))
    assert world.path(bob) == ["split:none", "won:goal"]
    world.tick(days=1)
    assert world.path(ann) == ["split:pastry", "a:passed", "won:goal"]


def test_a_wait_until_ends_when_something_makes_its_rule_hold(world: World) -> None:
    world.journey(f"- {{id: read, wait: {{until: {TOPIC}, timeout: 3 days}}}}")
    ann = world.person()
    world.start(ann)
    world.tick(hours=5)
    world.know(ann, topic="pastry")
    world.react(world.event(ann, "Read"))
    assert world.path(ann) == ["read:happened"]
    assert StepPass.objects.get(contact_id=ann).reason == "rule"


def test_a_wait_until_passes_at_once_where_the_rule_holds_already(world: World) -> None:
    world.journey(f"- {{id: read, wait: {{until: {TOPIC}, timeout: 3 days}}}}")
    ann = world.person()
    world.know(ann, topic="pastry")
    world.start(ann)
    assert world.path(ann) == ["read:happened"]


def test_a_wait_until_times_out(world: World) -> None:
    world.journey(f"- {{id: read, wait: {{until: {TOPIC}, timeout: 3 days}}}}")
    ann = world.person()
    world.start(ann)
    world.tick(days=2, hours=23)
    assert world.run_of(ann).state == "waiting"
    world.tick(hours=1)
    assert world.path(ann) == ["read:timeout"]


def test_a_wait_until_looks_again_when_a_day_begins(world: World) -> None:
    world.journey(f"- {{id: read, wait: {{until: {TOPIC}, timeout: 9 days}}}}")
    ann = world.person()
    world.start(ann)
    world.know(ann, topic="pastry")
    world.tick(hours=15)
    assert world.path(ann) == ["read:happened"]


def test_a_wait_for_an_event_ends_with_it_and_its_filter(world: World) -> None:
    world.journey(
        """
        - id: read
          wait:
            event:
              name: Bought
              filter: {all: [{field: prop.price, op: gte, value: 100}]}
            timeout: 3 days
        """
    )
    ann = world.person()
    world.start(ann)
    world.react(world.event(ann, "Bought", price=99))
    assert world.path(ann) == []
    world.react(world.event(ann, "Bought", price=100))
    assert world.path(ann) == ["read:happened"]
    assert StepPass.objects.get(contact_id=ann).reason == "event"


def test_another_persons_event_wakes_nobody(world: World) -> None:
    world.journey("- {id: read, wait: {event: {name: Bought}, timeout: 3 days}}")
    ann, bob = world.person(), world.person()
    world.start(ann)
    world.react(world.event(bob, "Bought"))
    assert world.run_of(ann).state == "waiting"


@pytest.mark.parametrize(
    ("zone", "settings", "expected"),
    [
        ("Asia/Shanghai", "{until_time: '09:00'}", "2026-05-21T01:00:00"),
        ("America/New_York", "{until_time: '09:00'}", "2026-05-20T13:00:00"),
        ("Europe/Madrid", "{until_time: '12:00'}", "2026-05-20T10:00:00"),
        ("Europe/Madrid", "{for: 1 day, until_time: '11:59'}", "2026-05-22T09:59:00"),
        ("Europe/Madrid", "{until_time: '09:00', weekdays: [mon, tue]}", "2026-05-25T07:00:00"),
        ("Nowhere/Atall", "{until_time: '11:00'}", "2026-05-20T11:00:00"),
    ],
)
def test_a_time_of_day_is_the_contacts_own(
    world: World, zone: str, settings: str, expected: str
) -> None:
    world.journey(f"- {{id: morning, wait: {settings}}}")
    ann = world.person(time_zone=zone)
    world.start(ann)
    run = world.run_of(ann)
    moment = run.wake_at.isoformat()[:19] if run.wake_at else world.now.isoformat()[:19]
    assert moment == expected


def test_a_jump_goes_back_a_bounded_number_of_times(world: World) -> None:
    world.journey(
        """
        - {id: mail, send: {template: hello}}
        - {id: pause, wait: {for: 1 day}}
        - {id: again, jump: {to: mail, times: 2}}
        """
    )
    ann = world.person()
    world.start(ann)
    for _ in range(5):
        world.tick(days=1)
    assert [step for step in world.path(ann) if step.startswith("again")] == [
        "again:jumped",
        "again:jumped",
        "again:used_up",
    ]
    assert Message.objects.filter(contact_id=ann).count() == 3
    assert len({m.cause for m in Message.objects.filter(contact_id=ann)}) == 3
    assert world.run_of(ann).outcome == "end"


def test_what_a_step_sets_counts_for_the_next_branch(world: World) -> None:
    world.journey(
        f"""
        - {{id: mark, set: {{attribute: topic, value: pastry}}}}
        - id: split
          branch:
            - {{name: yes, when: {TOPIC}, steps: [{{id: a, goal: {{}}}}]}}
        """
    )
    ann = world.person()
    world.start(ann)
    assert world.path(ann) == ["mark:set", "split:yes", "a:goal"]


def test_a_lead_moves_to_a_stage_and_is_told_apart_from_who_stays(world: World) -> None:
    world.journey("- {id: up, stage: {to: mql}}")
    ann, visitor = world.person(), world.person(known=False)
    world.react(world.event(ann), world.event(visitor))
    assert world.path(ann) == ["up:moved"]
    assert world.path(visitor) == ["up:stayed"]
    move = StageMove.objects.get(contact_id=ann)
    assert (move.how, Stage.objects.get(id=move.to_stage_id).key) == ("journey", "mql")


def test_points_are_given_as_a_fact_of_the_next_batch(world: World) -> None:
    world.journey("- {id: up, score: {points: 5, bucket: interest}}")
    ann = world.person()
    world.start(ann)
    facts = [fact for row in Inbox.objects.all() for fact in decoder.decode(bytes(row.facts))]
    points = [fact for fact in facts if fact.name == "Points Given"]
    assert [(fact.contact_id, fact.props["points"]) for fact in points] == [(ann, 5)]
    assert {fact.name for fact in facts} == {"Points Given", "Journey Entered", "Journey Ended"}


def test_one_tick_moves_many_runs_of_many_journeys(world: World) -> None:
    for key in ("one", "two", "three"):
        world.journey(
            "- {id: pause, wait: {for: 1 hour}}\n- {id: mail, send: {template: hello}}",
            key=key,
        )
    people = [world.person() for _ in range(20)]
    world.react(*(world.event(person) for person in people))
    assert world.tick(hours=1) == 60
    assert Message.objects.count() == 60
