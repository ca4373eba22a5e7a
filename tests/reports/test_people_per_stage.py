"""People per stage at the end of each period, from the history of moves (L2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.world import NOW, person, settle
from trellis.accounts.types import SYSTEM
from trellis.core.errors import InvalidInput
from trellis.leads import queries as leads
from trellis.leads.actions import lose, move_stage, reopen
from trellis.people import merge
from trellis.people.types import Merged
from trellis.reports import periods
from trellis.reports.people_per_stage import people_per_stage

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


def counted(step: periods.Step = "day", days: int = 3, **more: bool) -> dict[str, list[int]]:
    line = leads.line().pk
    found = people_per_stage(line, TODAY - timedelta(days=days - 1), TODAY, step, **more)
    columns = zip(*found.counts, strict=True)
    return {row.key: list(n) for row, n in zip(found.stages, columns, strict=True) if any(n)}


def test_people_count_where_they_stood_then_not_where_they_are_now() -> None:
    ann, bob = person(), person()
    settle(ann, bob, now=NOW - timedelta(days=2))
    move_stage(SYSTEM, [ann], "sql", "hand", "", NOW - timedelta(days=1))
    move_stage(SYSTEM, [ann], "lead", "hand", "too early", NOW)
    assert counted() == {"lead": [2, 1, 2], "sql": [0, 1, 0]}


def test_who_is_lost_stands_in_no_stage_until_opened_again() -> None:
    ann, bob = person(), person()
    settle(ann, bob, now=NOW - timedelta(days=2))
    lost = leads.reasons(leads.line().pk, "lost")[0]
    lose(SYSTEM, [ann], lost.pk, NOW - timedelta(days=1))
    reopen(SYSTEM, [ann], "called again", NOW)
    assert counted() == {"lead": [2, 1, 2]}


def test_what_was_before_the_first_period_counts_from_its_beginning() -> None:
    ann = person()
    settle(ann, now=NOW - timedelta(days=40))
    assert counted(days=2) == {"lead": [1, 1]}


def test_visitors_count_in_the_first_stage_where_asked_for() -> None:
    person(known=False, created_at=NOW - timedelta(days=1))
    ann = person(created_at=NOW - timedelta(days=2))
    settle(ann, now=NOW)
    assert counted() == {"lead": [0, 0, 1]}
    assert counted(visitors=True) == {"user": [1, 2, 1], "lead": [0, 0, 1]}


def test_a_merged_person_counts_once() -> None:
    ann, twin = person(), person()
    settle(ann, twin, now=NOW - timedelta(days=1))
    merge.merge([Merged(winner=ann, loser=twin, reason="hand")], NOW)
    assert counted()["lead"][-1] == 1


@pytest.mark.parametrize(
    ("step", "begins"),
    [
        ("day", date(2026, 11, 23)),
        ("week", date(2026, 11, 23)),
        ("month", date(2026, 11, 1)),
    ],
)
def test_periods_begin_with_a_day_a_monday_or_a_month(step: periods.Step, begins: date) -> None:
    assert periods.between(TODAY - timedelta(days=100), TODAY, step)[-1] == begins


def test_a_report_does_not_grow_without_end() -> None:
    with pytest.raises(InvalidInput):
        periods.between(date(1900, 1, 1), TODAY, "day")
