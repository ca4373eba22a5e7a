"""No answer changes by itself before the day that was foretold."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.meaning import Person, holds
from tests.rules.test_meaning import LEAVES, NOW, PEOPLE, RULES, TYPES, World
from trellis.rules.compiler import Compiler
from trellis.rules.drift import only_ends
from trellis.rules.params import THESE, Params
from trellis.rules.parse import parse
from trellis.rules.types import Rule

pytestmark = pytest.mark.django_db


def asked(rule: Rule, contact_id: int, now: datetime, world: World) -> tuple[bool, date | None]:
    """Whether a rule holds, and the first day on which that may change by itself."""
    params = Params()
    compiler = Compiler(world.fields, params=params)
    predicate = compiler.predicate(rule)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {predicate}, {compiler.next_day()} {compiler.frame(THESE)}",
            params.bind(now) | {"ids": [contact_id]},
        )
        held, upcoming = cursor.fetchone()
    return held, upcoming


def walk(world: World, rule: dict[str, Any], person: Person, start: date, days: int) -> None:
    """Ask day after day, and compare with what was foretold."""
    parsed = parse(rule, world.fields)
    with transaction.atomic():
        number = world.place(person)
        before: bool | None = None
        foretold: date | None = start
        for ahead in range(days):
            today = start + timedelta(days=ahead)
            now = datetime.combine(today, time(9), NOW.tzinfo)
            held, upcoming = asked(parsed, number, now, world)
            assert held == holds(rule, person, today, TYPES), today
            if before is not None and held != before:
                assert foretold is not None, today
                assert foretold <= today, today
                if only_ends(parsed):
                    assert before, today
            if foretold is not None and foretold <= today:
                foretold = upcoming
            assert upcoming is None or upcoming > today
            before = held
        transaction.set_rollback(True)


@pytest.fixture
def world() -> World:
    return World()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rule=st.one_of(LEAVES, LEAVES, RULES), person=PEOPLE)
def test_answers_change_on_foretold_days_only(
    world: World, rule: dict[str, Any], person: Person
) -> None:
    walk(world, rule, person, date(2026, 2, 20), 45)


MONTH = {"n": 1, "unit": "month"}


@pytest.mark.parametrize(
    ("op", "value", "said", "start", "days"),
    [
        ("within_last", MONTH, "2026-01-31", "2026-02-25", 10),
        ("longer_ago", MONTH, "2026-01-31", "2026-02-25", 10),
        ("within_next", MONTH, "2026-03-31", "2026-02-25", 10),
        ("yearly_on", "today", "2000-02-29", "2026-02-25", 8),
        ("yearly_on", "today", "2000-02-29", "2028-02-25", 8),
        ("yearly_on", {"day": "today", "n": 7, "unit": "day"}, "2000-02-29", "2026-02-15", 14),
        ("yearly_within_next", {"n": 2, "unit": "week"}, "1990-01-05", "2026-12-18", 25),
        ("yearly_within_last", MONTH, "1990-12-31", "2026-12-25", 50),
        ("yearly_during", "this_month", "1990-01-31", "2026-12-28", 40),
        ("yearly_during", "next_week", "1990-01-01", "2026-12-15", 25),
        ("during", "this_quarter", "2026-04-01", "2026-03-20", 30),
        ("eq", {"day": "month_start", "n": -1, "unit": "day"}, "2026-02-28", "2026-02-20", 45),
        ("eq", {"day": "quarter_end", "n": 1, "unit": "month"}, "2026-04-30", "2026-02-20", 45),
    ],
)
def test_edges_of_months_and_years(
    world: World, op: str, value: Any, said: str, start: str, days: int
) -> None:
    person = Person(attributes={"birthday": said}, columns=dict(COLUMNS))
    rule = {"field": "attr.birthday", "op": op, "value": value}
    walk(world, rule, person, date.fromisoformat(start), days)


COLUMNS: dict[str, Any] = {
    "contact.city": "",
    "contact.known": True,
    "contact.created_at": NOW,
    "contact.time_zone": "",
    "standing.last_seen": NOW,
    "score": 0,
    "company.score": None,
    "temperature": "cold",
    "temperature.since": NOW.date(),
    "stage": None,
    "stage.since": NOW.date(),
    "attr.topic.since": NOW.date(),
    "attr.revenue.since": NOW.date(),
    "contact.city.since": NOW.date(),
}
