"""Deriving bit by bit ends where deriving everything at once ends, whatever the order,
the batches and the moves of the clock (also across the ends of windows)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.meaning import Person
from tests.rules.test_meaning import (
    LEAVES,
    NOW,
    PEOPLE,
    RULES,
    TYPES,
    World,
    kept_columns,
    signal_leaf,
    value_leaf,
)
from trellis.core import locks
from trellis.people.models import Standing
from trellis.pipeline.derive import derive
from trellis.rules import features
from trellis.scoring.explain import explain
from trellis.scoring.models import Score, ScoreDay, ScoreModel, ScoreRule
from trellis.segments.models import Membership, Segment

pytestmark = pytest.mark.django_db

FACTS = st.one_of(
    *(value_leaf(name) for name in TYPES if name.startswith(("attr.", "contact."))),
    signal_leaf(),
    signal_leaf(),
)
POINTS = st.one_of(
    st.fixed_dictionaries({"points": st.integers(-9, 40), "rule": FACTS}),
    st.fixed_dictionaries(
        {
            "points": st.integers(-9, 20),
            "signal": st.sampled_from(["visit", "order"]),
            "per": st.sampled_from(["occurrence", "value"]),
            "cap": st.none() | st.integers(1, 60),
            "window_days": st.none() | st.integers(1, 40),
            "decay_days": st.none() | st.integers(1, 40),
            "group": st.sampled_from(["", "together"]),
        }
    ),
)


def has_stage(rule: Any) -> bool:
    return '"stage"' in json.dumps(rule)


SEGMENTS = st.lists(
    st.one_of(LEAVES, RULES).filter(lambda rule: not has_stage(rule)), max_size=4
)
WHO = st.integers(0, 2)
UNSCORED = PEOPLE.map(lambda person: replace(person, scores=[]))
"""Whose history of scores begins with the first derivation."""
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("did"),
            WHO,
            st.sampled_from(["visit", "order"]),
            st.integers(0, 45),
            st.integers(1, 3),
        ),
        st.tuples(
            st.just("says"),
            WHO,
            st.sampled_from(
                [("revenue", 100), ("topic", "Girona"), ("birthday", "2026-04-15")]
            ),
        ),
        st.tuples(st.just("days"), st.integers(1, 40)),
    ),
    max_size=8,
)


GROUPS = [
    {"key": "together", "name": "Together", "bucket": bucket, "limit": 25}
    for bucket in ("interest",)
]


def define(world: World, points: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
    model = ScoreModel.objects.get(default=True)
    ScoreModel.objects.update(groups=GROUPS, caps={"engagement": 30}, least=-5, most=70)
    second = ScoreModel.objects.create(key="second", name="Second", warm_from=1, hot_from=9)
    for number, draft in enumerate(points):
        fields = dict(draft)
        if key := fields.pop("signal", None):
            fields["signal_id"] = world.signals[key]
        bucket = ("demographic", "interest", "engagement")[number % 3]
        home = second if number == 3 else model
        ScoreRule.objects.create(model=home, name=str(number), bucket=bucket, **fields)
    for number, rule in enumerate(rules):
        Segment.objects.create(key=f"s{number}", name=str(number), rule=rule, status="live")
    if rules:
        first = {"any": [{"field": "segment", "op": "not_in", "value": ["s0"]}]}
        Segment.objects.create(key="not-s0", name="Not s0", rule=first, status="live")
    locks.forget_definitions()


def do(world: World, ids: list[int], step: tuple[Any, ...], today: date) -> None:
    with connection.cursor() as cursor:
        if step[0] == "did":
            _, who, key, ago, n = step
            day = today - timedelta(days=ago)
            noon = datetime.combine(day, time(12), NOW.tzinfo)
            cursor.execute(
                "INSERT INTO signal_daily AS d (contact_id, signal_id, day, n, sum, first_at,"
                " last_at, high, low, first_value, last_value)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (contact_id, signal_id, day) DO UPDATE SET n = d.n + EXCLUDED.n,"
                " sum = d.sum + EXCLUDED.sum, high = greatest(d.high, EXCLUDED.high),"
                " low = least(d.low, EXCLUDED.low),"
                " first_value = least(d.first_value, EXCLUDED.first_value),"
                " last_value = greatest(d.last_value, EXCLUDED.last_value)",
                [
                    *(ids[who], world.signals[key], day, n, n / 2, noon, noon),
                    *kept_columns([(noon, n / 2 if n != 2 else "cake")]),
                ],
            )
        else:
            _, who, (key, value) = step
            cursor.execute(
                "UPDATE contact SET attributes = attributes || %s WHERE contact_id = %s",
                [json.dumps({key: value}), ids[who]],
            )


def assert_told(ids: list[int], now: datetime) -> None:
    """The explanation adds up to what stands, and history ends with it, for every model."""
    for model in ScoreModel.objects.all():
        last = {
            row.contact_id: row
            for row in ScoreDay.objects.filter(model_id=model.pk).order_by("day")
        }
        for number in ids:
            told = explain(number, now, model.pk)
            assert told is not None
            if told.frozen:
                continue
            given = sum(rule.points for rule in told.rules)
            assert given + sum(limit.points for limit in told.limits) == told.score
            stands = (told.stored or {"score": 0})["score"]
            assert stands == told.score
            assert (last[number].score if number in last else 0) == told.score


def state_of(ids: list[int]) -> dict[int, Any]:
    held: dict[int, set[int]] = {number: set() for number in ids}
    for row in Membership.objects.all():
        held[row.contact_id].add(row.segment_id)
    others = {row.contact_id: (row.score, row.temperature) for row in Score.objects.all()}
    return {
        s.contact_id: (
            others.get(s.contact_id, (0, "cold")),
            s.demographic,
            s.interest,
            s.engagement,
            s.score,
            s.temperature,
            s.grade,
            s.next_on,
            held[s.contact_id],
        )
        for s in Standing.objects.all()
    }


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=[1, 1_000], ids=["in two steps", "flat"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of making the aggregates, however few there are."""
    monkeypatch.setattr(features, "MANY", request.param)


@pytest.mark.usefixtures("way")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    people=st.lists(UNSCORED, min_size=3, max_size=3),
    points=st.lists(POINTS, max_size=5),
    rules=SEGMENTS,
    steps=STEPS,
    batch=st.integers(1, 4),
)
def test_bit_by_bit_equals_all_at_once(
    world: World,
    people: list[Person],
    points: list[dict[str, Any]],
    rules: list[dict[str, Any]],
    steps: list[tuple[Any, ...]],
    batch: int,
) -> None:
    with transaction.atomic():
        define(world, points, rules)
        ids = [world.place(person) for person in people]
        now = NOW
        derive(ids, now, {})
        touched: set[int] = set()
        for number, step in enumerate(steps, start=1):
            if step[0] == "days":
                derive(sorted(touched), now, {})
                touched.clear()
                now += timedelta(days=step[1])
                due = Standing.objects.filter(next_on__lte=now.date())
                derive([s.contact_id for s in due], now, {})
                continue
            do(world, ids, step, now.date())
            touched.add(ids[step[1]])
            if number % batch == 0:
                derive(sorted(touched), now, {})
                touched.clear()
        derive(sorted(touched), now, {})
        found = state_of(ids)

        Membership.objects.exclude(segment_id=world.list).delete()
        Score.objects.all().delete()
        Standing.objects.update(score=0, demographic=0, interest=0, engagement=0, grade="")
        derive(ids, now, {})
        whole = state_of(ids)
        assert {k: v[:7] + v[8:] for k, v in found.items()} == {
            k: v[:7] + v[8:] for k, v in whole.items()
        }
        assert_told(ids, now)
        assert all(s.next_on is None or s.next_on > now.date() for s in Standing.objects.all())
        transaction.set_rollback(True)
    locks.forget_definitions()
