"""Runs follow a merged contact; of two in one journey the older goes on."""

from __future__ import annotations

from django.db import transaction

from tests.journeys.conftest import World
from trellis.journeys.models import Enrolment
from trellis.journeys.queries import balance
from trellis.messaging.models import Message
from trellis.people import merge
from trellis.people.types import Merged

STEPS = "- {id: pause, wait: {for: 2 days}}\n- {id: mail, send: {template: hello}}"


def join(world: World, winner: int, loser: int) -> None:
    with transaction.atomic():
        merge.merge([Merged(winner, loser, "test")], world.now)


def test_a_run_goes_on_with_the_surviving_contact(world: World) -> None:
    world.journey(STEPS)
    ann, visitor = world.person(), world.person(known=False)
    world.start(visitor)
    enrolment_id = world.run_of(visitor).enrolment_id
    join(world, ann, visitor)
    world.tick(days=1)
    run = world.run_of(ann)
    assert (run.enrolment_id, run.state, run.live_key) == (
        enrolment_id,
        "waiting",
        run.journey_id,
    )
    world.tick(days=1)
    assert Message.objects.get(contact_id=ann).journey_id == run.journey_id


def test_of_two_runs_the_older_goes_on(world: World) -> None:
    journey = world.journey(STEPS)
    ann, visitor = world.person(), world.person(known=False)
    world.start(visitor)
    world.tick(hours=1)
    world.start(ann)
    join(world, ann, visitor)
    world.tick(hours=1)
    runs = Enrolment.objects.filter(contact_id=ann).order_by("enrolment_id")
    assert [(run.state, run.reason) for run in runs] == [("waiting", ""), ("exited", "merged")]
    sheet = balance(journey.id)
    assert (sheet.entered, sheet.waiting, sheet.exited) == (2, 1, {"merged": 1})
    world.tick(days=2)
    assert Message.objects.filter(contact_id=ann).count() == 1


def test_of_two_runs_the_survivors_goes_on_where_it_is_older(world: World) -> None:
    world.journey(STEPS)
    ann, visitor = world.person(), world.person(known=False)
    world.start(ann)
    world.start(visitor)
    join(world, ann, visitor)
    world.tick(hours=1)
    runs = Enrolment.objects.filter(contact_id=ann).order_by("enrolment_id")
    assert [run.state for run in runs] == ["waiting", "exited"]


def test_several_visitors_of_one_journey_may_merge_at_once(world: World) -> None:
    journey = world.journey(STEPS)
    ann, *visitors = [world.person(known=False) for _ in range(4)]
    world.react(*(world.event(person) for person in (*visitors, ann)))
    with transaction.atomic():
        merge.merge([Merged(ann, visitor, "test") for visitor in visitors], world.now)
    world.tick(hours=1)
    sheet = balance(journey.id)
    assert (sheet.entered, sheet.waiting, sheet.exited) == (4, 1, {"merged": 3})
    assert sheet.erased == 0
    assert Enrolment.objects.filter(contact_id=ann, live_key__isnull=False).count() == 1
