"""Who enters a journey, and who does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from tests.journeys.conftest import NOW, World
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden
from trellis.core.models import Counter
from trellis.events import names
from trellis.journeys import actions
from trellis.journeys.models import Enrolment
from trellis.messaging.models import Message
from trellis.segments.models import Membership, Segment

PAUSE = "- {id: pause, wait: {for: 5 days}}"


def decisions(contact_id: int) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, reason FROM decision WHERE contact_id = %s ORDER BY decision_id",
            [contact_id],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def entered(contact_id: int) -> int:
    return Enrolment.objects.filter(contact_id=contact_id).count()


def test_an_event_of_the_right_type_and_name_brings_a_contact_in(world: World) -> None:
    world.journey(PAUSE)
    ann, bob, eve = world.person(), world.person(), world.person()
    world.react(
        world.event(ann), world.event(bob, "Other"), world.event(eve, "Started", type="screen")
    )
    assert (entered(ann), entered(bob), entered(eve)) == (1, 0, 0)
    assert world.run_of(ann).entry["by"] == "Started"
    assert decisions(ann) == [("entered", "Started")]


def test_a_page_view_is_filtered_by_its_path(world: World) -> None:
    world.journey(
        PAUSE,
        head="""
entry:
  - event:
      type: page
      filter: {all: [{field: prop.path, op: starts_with, value: /master-class}]}
""",
    )
    ann, bob = world.person(), world.person()
    world.react(
        world.event(ann, "Page Viewed", "page", path="/master-class/croissant"),
        world.event(bob, "Page Viewed", "page", path="/blog/master-class"),
    )
    assert (entered(ann), entered(bob)) == (1, 0)


@pytest.mark.parametrize(
    ("entry", "name", "props", "comes"),
    [
        ("segment: {entered: hot}", names.SEGMENT_ENTERED, {"segment": "hot"}, 1),
        ("segment: {entered: hot}", names.SEGMENT_ENTERED, {"segment": "cold"}, 0),
        ("segment: {entered: hot}", names.SEGMENT_LEFT, {"segment": "hot"}, 0),
        ("segment: {left: hot}", names.SEGMENT_LEFT, {"segment": "hot"}, 1),
        ("stage: {reached: mql}", names.STAGE_CHANGED, {"from": "lead", "to": "mql"}, 1),
        ("stage: {reached: mql}", names.STAGE_CHANGED, {"from": "mql", "to": "sql"}, 0),
        ("temperature: {reached: hot}", names.TEMPERATURE_CHANGED, {"to": "hot"}, 1),
    ],
)
def test_what_trellis_states_brings_contacts_in(
    world: World, entry: str, name: str, props: dict[str, str], comes: int
) -> None:
    world.journey(PAUSE, head=f"entry: [{{{entry}}}]")
    ann = world.person()
    world.react(world.event(ann, name, "system", **props))
    assert entered(ann) == comes


def test_two_events_of_one_batch_bring_a_contact_in_once(world: World) -> None:
    world.journey(PAUSE)
    ann = world.person()
    world.react(world.event(ann), world.event(ann))
    assert entered(ann) == 1


def test_a_contact_is_in_a_journey_once_at_a_time(world: World) -> None:
    world.journey(PAUSE, head="re_entry: {mode: after_end}")
    ann = world.person()
    world.start(ann)
    world.start(ann)
    assert entered(ann) == 1


def test_never_again_means_never(world: World) -> None:
    world.journey(PAUSE)
    ann = world.person()
    world.start(ann)
    world.tick(days=5)
    world.start(ann)
    assert entered(ann) == 1
    assert decisions(ann)[-1] == ("refused", "re_entry_never")
    assert Counter.objects.get(name="journey_refused").reason == "re_entry_never"


def test_after_the_end_a_contact_may_come_again(world: World) -> None:
    world.journey(PAUSE, head="re_entry: {mode: after_end}")
    ann = world.person()
    world.start(ann)
    world.tick(days=5)
    world.start(ann)
    assert entered(ann) == 2
    assert world.run_of(ann).state == "waiting"


def test_after_days_are_counted_from_the_end(world: World) -> None:
    world.journey(PAUSE, head="re_entry: {mode: after, days: 30}")
    ann = world.person()
    world.start(ann)
    world.tick(days=5)
    world.now += timedelta(days=29, hours=23)
    world.start(ann)
    assert decisions(ann)[-1] == ("refused", "re_entry_too_soon")
    world.now += timedelta(hours=1)
    world.start(ann)
    assert entered(ann) == 2


def test_who_has_reached_the_goal_already_does_not_enter(world: World) -> None:
    world.journey(PAUSE, head="goal: {field: attr.topic, op: eq, value: pastry}")
    ann = world.person()
    world.know(ann, topic="pastry")
    world.start(ann)
    assert entered(ann) == 0
    assert decisions(ann) == [("refused", "goal_reached")]


def test_who_fits_the_exit_rule_does_not_enter(world: World) -> None:
    world.journey(PAUSE, head="exit: {field: attr.vip, op: eq, value: true}")
    ann = world.person()
    world.know(ann, vip=True)
    world.start(ann)
    assert decisions(ann) == [("refused", "exit_holds")]


def test_old_events_start_nothing(world: World) -> None:
    world.journey(PAUSE, head="stale_after_days: 3")
    ann, bob = world.person(), world.person()
    world.react(
        world.event(ann, at=NOW - timedelta(days=4)),
        world.event(bob, at=NOW - timedelta(days=2)),
    )
    assert (entered(ann), entered(bob)) == (0, 1)
    counted = Counter.objects.filter(name="journey_stale").values_list("reason", "n")
    assert list(counted) == [("class", 1)]


def test_drafts_paused_and_stopped_journeys_take_nobody(world: World) -> None:
    actions.create(SYSTEM, world.text(PAUSE, key="draft"))
    paused, stopped = world.journey(PAUSE, key="paused"), world.journey(PAUSE, key="stopped")
    actions.pause(SYSTEM, paused.id)
    actions.stop(SYSTEM, stopped.id)
    ann = world.person()
    world.start(ann)
    assert entered(ann) == 0


def test_by_hand_the_re_entry_rule_is_set_aside(world: World) -> None:
    journey = world.journey(PAUSE)
    ann = world.person()
    assert actions.enrol(SYSTEM, journey.id, [ann, ann]) == 1
    assert actions.enrol(SYSTEM, journey.id, [ann]) == 0
    assert actions.remove(SYSTEM, journey.id, [ann]) == 1
    assert world.run_of(ann).reason == "removed"
    assert actions.enrol(SYSTEM, journey.id, [ann]) == 1


def test_nobody_is_enrolled_by_hand_where_the_journey_is_not_live(world: World) -> None:
    journey = world.journey(PAUSE)
    actions.pause(SYSTEM, journey.id)
    with pytest.raises(Conflict, match="not live"):
        actions.enrol(SYSTEM, journey.id, [world.person()])


def test_enrolling_needs_the_right(world: World) -> None:
    journey = world.journey(PAUSE)
    viewer = Actor(kind="user", id=1, name="Vi", rights=frozenset({"journeys.read"}))
    with pytest.raises(Forbidden):
        actions.enrol(viewer, journey.id, [world.person()])


def test_a_contact_that_does_not_exist_is_not_enrolled(world: World) -> None:
    journey = world.journey(PAUSE)
    assert actions.enrol(SYSTEM, journey.id, [987_654_321]) == 0


def test_present_members_enter_only_when_asked_for(world: World) -> None:
    segment = Segment.objects.get(key="hot")
    people = [world.person() for _ in range(3)]
    for person in people:
        Membership.objects.create(contact_id=person, segment_id=segment.id)
    head = "entry: [{segment: {entered: hot}}]"
    journey = world.journey(PAUSE, head=head)
    assert Enrolment.objects.count() == 0
    actions.publish(SYSTEM, journey.id, existing=True)
    assert Enrolment.objects.filter(version_id__gt=0).count() == 3


def test_a_run_knows_the_event_that_started_it(world: World) -> None:
    world.journey("- {id: mail, send: {template: hello}}")
    ann = world.person()
    world.react(world.event(ann, price=12))
    assert Message.objects.get(contact_id=ann).params == {"event": {"price": 12}}
