"""Looking at whom a rule finds while it is written: exact where that is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection

from tests.world import NOW
from trellis.core import db
from trellis.rules import evaluate, look, registry
from trellis.rules.parse import parse
from trellis.rules.types import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def spain() -> Rule:
    """A hundred contacts, and the rule that finds a quarter of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contact (known, country) SELECT true,"
            " CASE WHEN i % 4 = 0 THEN 'ES' ELSE 'RU' END FROM generate_series(1, 100) i",
        )
    rule = {"field": "contact.country", "op": "eq", "value": "ES"}
    return parse(rule, registry.snapshot())


def test_few_are_counted_exactly_and_the_newest_are_named(spain: Rule) -> None:
    found = look.look(spain, NOW, registry.snapshot(), 7)
    assert (found.count.n, found.count.total, found.count.exact) == (25, 100, True)
    assert list(found.contact_ids) == sorted(found.contact_ids, reverse=True)
    assert len(found.contact_ids) == 7


def test_many_are_counted_exactly_where_that_is_quick(
    spain: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "SAMPLE", 10)
    monkeypatch.setattr(evaluate, "SAMPLE", 10)
    found = look.look(spain, NOW, registry.snapshot())
    assert (found.count.n, found.count.exact) == (25, True)
    assert len(found.contact_ids) == 10


Fetch = Callable[..., list[tuple[Any, ...]] | None]


def giving_up(fits: Callable[[Mapping[str, Any]], bool]) -> Fetch:
    """``db.fetch_within`` of a database that answers in time only where the parameters fit."""
    real = db.fetch_within

    def fetch(ms: int, sql: str, args: Any = ()) -> list[tuple[Any, ...]] | None:
        assert 0 < ms < 1_000
        return real(60_000, sql, args) if fits(args) else None

    return fetch


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(look, "SAMPLE", 40)
    monkeypatch.setattr(evaluate, "SAMPLE", 40)
    return monkeypatch


def test_what_takes_too_long_is_estimated_from_a_sample(
    spain: Rule, sampled: pytest.MonkeyPatch
) -> None:
    sampled.setattr(db, "fetch_within", giving_up(lambda args: "ids" in args))
    found = look.look(spain, NOW, registry.snapshot(), 5)
    assert not found.count.exact
    assert 0 < found.looked <= 40
    assert abs(found.count.n - 25) <= 3 * found.count.margin


def test_fewer_are_looked_at_where_each_takes_long(
    spain: Rule, sampled: pytest.MonkeyPatch
) -> None:
    sampled.setattr(look, "FEWEST", 10)
    few = giving_up(lambda args: len(args.get("ids", range(99))) <= 10)
    sampled.setattr(db, "fetch_within", few)
    found = look.look(spain, NOW, registry.snapshot(), 5)
    assert 0 < found.looked <= 10
    assert not found.count.exact


def test_what_cannot_be_counted_in_time_says_so(
    spain: Rule, sampled: pytest.MonkeyPatch
) -> None:
    sampled.setattr(db, "fetch_within", giving_up(lambda _: False))
    found = look.look(spain, NOW, registry.snapshot(), 5)
    assert (found.looked, found.count.exact, found.contact_ids) == (0, False, ())
    assert found.count.margin == found.count.total


def test_a_statement_that_takes_too_long_is_given_up() -> None:
    assert db.fetch_within(5_000, "SELECT 1") == [(1,)]
    assert db.fetch_within(20, "SELECT pg_sleep(5)") is None
    assert db.fetch("SELECT 2") == [(2,)]
