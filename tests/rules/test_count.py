"""Counting whom a rule holds for: exact where that is quick, estimated where it is not."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from tests.world import NOW, signal
from trellis.rules import evaluate, registry
from trellis.rules.parse import parse

pytestmark = pytest.mark.django_db


@pytest.fixture
def hundred() -> None:
    """A hundred contacts, half of whom visited."""
    visit = signal("visit")
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH c AS (INSERT INTO contact (known, country) SELECT true,"
            " CASE WHEN i %% 4 = 0 THEN 'ES' ELSE 'RU' END FROM generate_series(1, 100) i"
            " RETURNING contact_id)"
            " INSERT INTO signal_daily (contact_id, signal_id, day, n, first_at, last_at)"
            " SELECT c.contact_id, %s, %s, 1, %s, %s FROM c WHERE c.contact_id %% 2 = 0",
            [visit.pk, date(2026, 11, 20), NOW, NOW],
        )


@pytest.mark.usefixtures("hundred")
def test_few_contacts_are_counted_exactly() -> None:
    known = registry.snapshot()
    rule = parse({"field": "signal.visit", "op": "did"}, known)
    found = evaluate.count(rule, NOW, known)
    assert (found.n, found.total, found.exact, found.margin) == (50, 100, True, 0)
    assert len(evaluate.sample(rule, NOW, 7, known)) == 7


@pytest.mark.usefixtures("hundred")
def test_behaviour_of_many_is_estimated_from_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "SAMPLE", 40)
    known = registry.snapshot()
    rule = parse({"field": "signal.visit", "op": "did"}, known)
    found = evaluate.count(rule, NOW, known)
    assert not found.exact
    assert found.total == 100
    assert 0 < found.margin < 50
    assert abs(found.n - 50) <= 3 * found.margin
    shown = evaluate.sample(rule, NOW, 5, known)
    assert shown == sorted(shown, reverse=True)
    assert all(number % 2 == 0 for number in shown)


@pytest.mark.usefixtures("hundred")
def test_attributes_of_many_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "SAMPLE", 10)
    known = registry.snapshot()
    rule = parse({"field": "contact.country", "op": "eq", "value": "ES"}, known)
    found = evaluate.count(rule, NOW, known)
    assert (found.n, found.exact) == (25, True)


@pytest.mark.usefixtures("hundred")
def test_a_count_that_takes_too_long_becomes_an_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate, "_exact", lambda *_: None)
    known = registry.snapshot()
    rule = parse({"field": "contact.country", "op": "eq", "value": "ES"}, known)
    found = evaluate.count(rule, NOW, known)
    assert not found.exact
    assert found.n == 25


@pytest.mark.usefixtures("hundred")
def test_nobody_is_exact() -> None:
    assert evaluate.count(parse({}, {}), NOW).n == 0
    assert evaluate.sample(parse({}, {}), NOW) == []
