"""The score of a company, made of its people: greatest, sum or average of their scores.

Whoever changes a score of somebody who has a company puts that company on a list; the
clock takes the list and counts those companies again in one statement, which writes only
what changed. Where a live rule reads the score of a company, the people of those that
changed are due to be derived again, by the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from trellis.core import db
from trellis.core.days import day_of
from trellis.core.sql import load
from trellis.rules import usage
from trellis.scoring.models import CompanyScore, ScoreModel

WAYS = ("max", "sum", "avg")
"""How a company's score is made: of its best person, of all together, or on average."""

FIELD = "company.score"

_SQL = load("trellis.scoring", "companies")
_MADE = {"max": "max(s.score)", "sum": "sum(s.score)", "avg": "round(avg(s.score))"}


def note(company_ids: Iterable[int]) -> None:
    """Put companies on the list of those to be scored again, in the caller's transaction."""
    found = sorted(set(company_ids))
    if found:
        db.run(_SQL["note"], [found])


def run_due(now: datetime) -> list[int]:
    """Score the companies on the list again; returns those whose score changed. Call in a
    transaction, from one place at a time."""
    due = sorted({number for (number,) in db.fetch(_SQL["take"])})
    return _refresh(due, now) if due else []


def refresh_all(now: datetime) -> list[int]:
    """Score every company again; returns those whose score changed. Companies of which
    nobody is left lose their score."""
    with transaction.atomic():
        return _refresh(None, now)


def score_of(company_id: int) -> CompanyScore | None:
    """The score of a company; None where it has no people."""
    return CompanyScore.objects.filter(company_id=company_id).first()


def scores_of(company_ids: Iterable[int]) -> dict[int, CompanyScore]:
    """The scores of some companies, for lists."""
    return CompanyScore.objects.in_bulk(list(company_ids))


def is_read() -> bool:
    """Whether a live rule reads the score of a company."""
    return bool(usage.of_field(FIELD))


def _refresh(companies: Sequence[int] | None, now: datetime) -> list[int]:
    way = ScoreModel.objects.filter(default=True).values_list("company_by", flat=True).first()
    params: dict[str, Any] = {"companies": companies, "now": now}
    scope = "true" if companies is None else "c.company_id = ANY(%(companies)s::bigint[])"
    text = _SQL["refresh"].replace("{made}", _MADE[way or "max"]).replace("{scope}", scope)
    changed = [number for (number,) in db.fetch(text, params)]
    if changed and is_read():
        db.run(_SQL["wake"], {"companies": changed, "today": day_of(now)})
    mine = scope.replace("c.company_id", "k.company_id")
    left = db.fetch(_SQL["forget"].replace("{scope}", mine), params)
    return changed + [number for (number,) in left]
