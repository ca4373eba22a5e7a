"""Leads that stand still (D11), time in stage, and conversion by cohort (L5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.world import NOW, person, settle
from trellis.accounts.types import SYSTEM
from trellis.leads import actions, queries
from trellis.leads.actions import move_stage
from trellis.reports import conversion, stuck, time_in_stage

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def found() -> list[tuple[int, str]]:
    line = queries.line().pk
    spans = time_in_stage.time_in_stage(line, NOW - 365 * DAY)
    stages = stuck.live(line)
    keys = {stage.id: stage.key for stage in stages}
    rows = stuck.stuck(line, stuck.limits(stages, spans), NOW)
    return [(row.contact_id, keys[row.stage_id]) for row in rows]


def moved(contact_id: int, to: str, days_ago: float) -> None:
    move_stage(SYSTEM, [contact_id], to, "hand", "", NOW - days_ago * DAY)


def test_longer_than_the_limit_of_the_stage_is_stuck() -> None:
    actions.change_stage(SYSTEM, "sql", replace(actions.draft_of("sql"), limit_days=10))
    ann, bob = person(), person()
    settle(ann, bob, now=NOW - 30 * DAY)
    moved(ann, "sql", 11)
    moved(bob, "sql", 9)
    assert found() == [(ann, "sql")]


def test_without_a_limit_nine_in_ten_of_those_who_moved_on_say_it() -> None:
    people = [person() for _ in range(12)]
    settle(*people, now=NOW - 60 * DAY)
    for number, one in enumerate(people):
        moved(one, "mql", 50)
        if number < 10:
            moved(one, "sql", 50 - (number + 1))
    moved(people[11], "sql", 47)
    assert (people[10], "mql") in found()
    assert people[11] not in {one for one, stage in found() if stage == "mql"}


def test_too_few_who_moved_on_say_nothing() -> None:
    ann = person()
    settle(ann, now=NOW - 300 * DAY)
    moved(ann, "mql", 300)
    assert found() == []


def test_who_has_ended_is_not_stuck() -> None:
    actions.change_stage(SYSTEM, "sql", replace(actions.draft_of("sql"), limit_days=1))
    ann = person()
    settle(ann, now=NOW - 30 * DAY)
    moved(ann, "sql", 20)
    lost = queries.reasons(queries.line().pk, "lost")[0]
    actions.lose(SYSTEM, [ann], lost.pk, NOW)
    assert found() == []


def test_conversion_follows_a_cohort_and_counts_who_skipped_a_stage() -> None:
    ann, bob, eve, old = person(), person(), person(), person()
    settle(old, now=NOW - 90 * DAY)
    settle(ann, bob, eve, now=NOW - 20 * DAY)
    moved(ann, "mql", 10)
    moved(bob, "customer", 9)
    moved(old, "customer", 5)
    line = queries.line().pk
    rows = conversion.conversion(line, stuck.live(line), NOW - 30 * DAY, NOW)
    assert {row.stage.key: row.n for row in rows} == {
        "user": 3,
        "lead": 3,
        "mql": 2,
        "sql": 1,
        "intention": 1,
        "customer": 1,
        "loyal": 0,
    }
    by_key = {row.stage.key: row for row in rows}
    assert by_key["mql"].wide == pytest.approx(2 / 3)
    assert by_key["mql"].narrow == pytest.approx(1 / 2)
    assert by_key["sql"].narrow == 1
