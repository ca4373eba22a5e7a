"""Whatever happens, everybody who entered is somewhere, and the counters say where."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tests.journeys.conftest import World
from trellis.accounts.types import SYSTEM
from trellis.journeys import actions, queries
from trellis.journeys.models import Enrolment, Journey, JourneyVersion, StepCount, StepPass
from trellis.messaging.models import Message
from trellis.people import merge
from trellis.people.types import Merged

STEPS = """
- {id: mail, send: {template: hello}}
- {id: read, wait: {until: {field: attr.topic, op: eq, value: pastry}, timeout: 2 days}}
- id: split
  branch:
    - name: pastry
      when: {field: attr.topic, op: eq, value: pastry}
      steps:
        - {id: answer, wait: {event: {name: Answered}, timeout: 1 day}}
        - {id: again, jump: {to: mail, times: 2}}
    - name: rest
      steps: [{id: mark, set: {attribute: visits, value: 1}}]
- {id: pause, wait: {for: 1 day}}
"""
HEAD = """
re_entry: {mode: after_end}
exit: {field: attr.vip, op: eq, value: true}
goal_on: [{event: {name: Bought}}]
"""

PEOPLE = 4
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["start", "start", "answer", "buy", "topic", "vip", "hour", "day", "merge",
             "remove", "enrol", "pause", "resume", "publish"]
        ),
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
    ),
    max_size=25,
)  # fmt: skip


def act(world: World, journey: Journey, people: list[int], what: str, a: int, b: int) -> None:
    """One random act. Merged people stay in the list; their events go to the survivor."""
    ann, bob = people[a], people[b]
    events = {"start": "Started", "answer": "Answered", "buy": "Bought"}
    if what in events:
        world.react(world.event(ann, events[what]))
    elif what in ("topic", "vip"):
        world.know(ann, **{what: "pastry" if what == "topic" else True})
        world.react(world.event(ann, "Any"))
    elif what in ("hour", "day"):
        world.tick(**{f"{what}s": 1})
    elif what == "merge" and ann != bob:
        with transaction.atomic():
            merge.merge([Merged(ann, bob, "test")], world.now)
        people[:] = [ann if one == bob else one for one in people]
    elif what == "remove":
        actions.remove(SYSTEM, journey.id, [ann])
    else:
        _staff(journey, ann, what)


def _staff(journey: Journey, ann: int, what: str) -> None:
    state = Journey.objects.get(id=journey.id).state
    if what == "enrol" and state == "live":
        actions.enrol(SYSTEM, journey.id, [ann])
    elif what == "pause" and state == "live":
        actions.pause(SYSTEM, journey.id)
    elif what == "resume" and state == "paused":
        actions.resume(SYSTEM, journey.id)
    elif what == "publish":
        actions.publish(SYSTEM, journey.id, waiting={"read": "move:pause", "pause": "stay"})


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_the_sheet_always_balances(
    world: World, monkeypatch: pytest.MonkeyPatch, acts: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        monkeypatch.setattr("trellis.core.clock.now", lambda: world.now)
        journey = world.journey(STEPS, head=HEAD)
        people = [world.person() for _ in range(PEOPLE)]
        for what, a, b in acts:
            act(world, journey, people, what, a, b)
        balanced(journey)
        transaction.set_rollback(True)


def balanced(journey: Journey) -> None:
    """Counters, runs and passes agree."""
    sheet = queries.balance(journey.id)
    runs = list(Enrolment.objects.filter(journey_id=journey.id))
    assert sheet.entered == len(runs)
    assert sheet.erased == 0
    assert sheet.open == sum(run.live_key is not None for run in runs)
    assert sheet.goals == sum(run.outcome == "goal" for run in runs)
    assert sheet.ended == sum(run.outcome == "end" for run in runs)
    assert Counter(sheet.exited) == Counter(r.reason for r in runs if r.outcome == "exit")
    assert sheet.failed == {}
    live = Counter(run.contact_id for run in runs if (run.live_key or 0) > 0)
    assert max(live.values(), default=1) == 1
    passes = Counter(StepPass.objects.values_list("version_id", "step", "outcome"))
    counted = StepCount.objects.exclude(step="").values_list("version_id", "step", "outcome")
    assert {tuple(row[:3]): row[3] for row in counted.annotate(total=Sum("n"))} == passes
    sends = StepPass.objects.filter(kind="send").count()
    assert Message.objects.count() == sends


def test_the_list_and_the_sheet_take_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        world.journey(STEPS, head=HEAD, key=f"j{number}")
    world.react(world.event(world.person()), world.event(world.person()))
    with django_assert_num_queries(4):
        rows = queries.journeys()
    assert [(row.under_way, row.done, row.goals) for row in rows] == [(2, 0, 0)] * 3


def test_the_story_of_a_run_tells_each_step_in_words(world: World) -> None:
    journey = world.journey("- {id: pause, wait: {for: 2 days}}\n- {id: won, goal: {}}")
    ann = world.person()
    world.start(ann)
    world.tick(days=2)
    told = queries.story(ann, world.run_of(ann).enrolment_id)
    assert [(one.sentence, one.outcome, one.reason) for one in told] == [
        ("Wait 2 days", "passed", "time"),
        ("Goal reached", "goal", "step"),
    ]
    assert JourneyVersion.objects.get(journey=journey).number == 1
