"""Journeys inside the pipeline: facts in, runs, facts out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journeys.conftest import World
from trellis.accounts.types import SYSTEM
from trellis.core import clock
from trellis.events import inbox, names
from trellis.events.models import Event, EventName
from trellis.events.types import TRACK, Fact
from trellis.journeys import actions, queries
from trellis.journeys.models import Enrolment, Journey
from trellis.people.models import Contact
from trellis.pipeline import advance, ticks


def say(name: str, email: str = "ann@example.com", number: int = 1, **props: object) -> None:
    """A client's fact."""
    inbox.put(
        [
            Fact(
                message_id=f"m-{name}-{email}-{number}",
                type=TRACK,
                name=name,
                at=clock.now().timestamp(),
                ids=(("email", email),),
                props=dict(props),
            )
        ]
    )


def drain() -> None:
    while advance.run_batch():
        pass


@pytest.mark.django_db
def test_a_fact_starts_a_journey_whose_end_starts_another(world: World) -> None:
    first = world.journey("- {id: won, goal: {}}", key="first")
    second = world.journey(
        "- {id: pause, wait: {for: 1 day}}",
        head="entry: [{event: {type: system, name: Journey Goal Reached,"
        " filter: {all: [{field: prop.journey, op: eq, value: first}]}}}]",
        key="second",
    )
    say("Started")
    drain()
    ann = Contact.objects.get()
    runs = {run.journey_id: run for run in Enrolment.objects.filter(contact_id=ann.contact_id)}
    assert runs[first.id].outcome == "goal"
    assert (runs[second.id].state, runs[second.id].step) == ("waiting", "pause")
    entered = EventName.objects.get(name=names.JOURNEY_ENTERED).pk
    logged = Event.objects.filter(contact_id=ann.contact_id, name_id=entered).order_by("depth")
    assert [event.depth for event in logged] == [1, 2]


@pytest.mark.django_db
def test_journeys_that_start_each_other_are_cut(world: World) -> None:
    for key, other in (("ping", "pong"), ("pong", "ping")):
        world.journey(
            "- {id: over, exit: {}}",
            head=f"""
entry:
  - event: {{name: Started}}
  - event: {{type: system, name: {names.JOURNEY_ENDED},
      filter: {{all: [{{field: prop.journey, op: eq, value: {other}}}]}}}}
re_entry: {{mode: after_end}}
""",
            key=key,
        )
    say("Started")
    drain()
    assert 4 < Enrolment.objects.count() < 40


@pytest.mark.django_db
def test_a_tick_moves_what_is_due_and_states_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = world.journey("- {id: pause, wait: {for: 1 day}}")
    say("Started")
    drain()
    later = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    ticks.run_due(later)
    drain()
    assert queries.balance(journey.id).ended == 1
    ann = Contact.objects.get()
    ended = Event.objects.filter(contact_id=ann.contact_id, props__outcome="end")
    assert ended.count() == 1


@pytest.mark.django_db
def test_a_visitor_who_becomes_known_keeps_the_older_run(world: World) -> None:
    journey = world.journey("- {id: pause, wait: {for: 1 day}}")
    inbox.put(
        [
            Fact(
                "m1", TRACK, "Started", clock.now().timestamp(), ids=(("anonymous_id", "a1"),)
            ),
            Fact("m2", TRACK, "Started", clock.now().timestamp(), ids=(("user_id", "u1"),)),
        ]
    )
    drain()
    inbox.put(
        [
            Fact(
                "m3",
                TRACK,
                "Seen",
                clock.now().timestamp(),
                ids=(("user_id", "u1"), ("anonymous_id", "a1")),
            )
        ]
    )
    drain()
    ticks.run_due(clock.now())
    sheet = queries.balance(journey.id)
    assert (sheet.entered, sheet.waiting, sheet.exited, sheet.erased) == (
        2,
        1,
        {"merged": 1},
        0,
    )


@pytest.mark.django_db
def test_a_published_journey_takes_the_next_fact_in(world: World) -> None:
    say("Started")
    drain()
    journey = actions.create(SYSTEM, world.text("- {id: pause, wait: {for: 1 day}}"))
    actions.publish(SYSTEM, journey.id)
    say("Started", number=2)
    drain()
    assert Journey.objects.get(id=journey.id).version == 1
    assert Enrolment.objects.filter(journey_id=journey.id).count() == 1
