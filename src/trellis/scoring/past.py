"""Scores as they would have been before a moment of each contact's own: without leakage.

Facts until the end of the day before are laid into temporary tables that stand in front of
the real ones, each contact's days shifted so that its moment falls on one reference day;
then the very SQL that scores today scores that day. Attributes and consents that were said
at the moment or later are left out. What has no time of its own (tags, data of companies)
is read as it is today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from trellis.core import db
from trellis.core.days import day_of
from trellis.core.sql import load
from trellis.rules.compiler import Compiler
from trellis.rules.params import THESE, Params
from trellis.rules.registry import Field
from trellis.scoring import compute
from trellis.scoring.types import ModelSpec

MOST = 10_000
"""Outcomes looked at, the newest."""

LOST, DISQUALIFIED = "lost", "disqualified"
"""Outcomes of leads that were not won."""

_SAID = ("email", "phone", "first_name", "last_name", "locale", "time_zone", "country", "city")
_TABLES = ("contact", "signal_daily", "signal_value", "consent", "standing")

_SQL = load("trellis.scoring", "past")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A lead that was won or lost, when, and when it was first seen."""

    contact_id: int
    at: datetime
    won: bool
    seen: datetime

    @property
    def sudden(self) -> bool:
        """Whether it ended on the day on which it was first seen, so that there was no
        evening before."""
        return day_of(self.seen) >= self.day

    @property
    def day(self) -> date:
        """The day of it; what happened on that day is not looked at."""
        return day_of(self.at)


@dataclass(frozen=True, slots=True)
class Before:
    """The score before an outcome, with the points of each rule in their order."""

    score: int
    points: tuple[int, ...]


def outcomes(line_id: int, most: int = MOST, *, lost: Sequence[str] = (LOST,)) -> list[Outcome]:
    """Leads of a line that were won or lost, the newest first; ``lost`` names the outcomes
    that count as such."""
    params = {"line": line_id, "most": most, "lost": list(lost)}
    return [Outcome(*row) for row in db.fetch(_SQL["outcomes"], params)]


def stood(model_id: int, found: Sequence[Outcome]) -> dict[int, int]:
    """The scores as history has them at the end of the day before each outcome."""
    contacts, days, _ats = _columns(found)
    rows = db.fetch(_SQL["stood"], {"model": model_id, "contacts": contacts, "days": days})
    return dict(rows)


def recomputed(
    model: ModelSpec, found: Sequence[Outcome], now: datetime, fields: Mapping[str, Field]
) -> dict[int, Before]:
    """What a model gives by what was known at the end of the day before each outcome."""
    if not found:
        return {}
    with laid_out(found, now):
        return _score(model, [one.contact_id for one in found], now, fields)


@contextmanager
def laid_out(found: Sequence[Outcome], now: datetime) -> Iterator[None]:
    """A transaction in which the tables of contacts, signals, consents and standings hold
    what was known before each outcome; ``past_moment`` says when that was."""
    with transaction.atomic():
        _lay_out(found, now)
        yield
        for table in (*_TABLES, "past_moment"):
            db.run(f"DROP TABLE pg_temp.{table}")


def _lay_out(found: Sequence[Outcome], now: datetime) -> None:
    contacts, days, ats = _columns(found)
    db.run(
        _SQL["moments"],
        {"contacts": contacts, "days": days, "ats": ats, "reference": day_of(now)},
    )
    for name in ("signals", "values", "contacts"):
        db.run(_SQL[name])
    db.run(_SQL["unlearn"])
    for field in _SAID:
        db.run(_SQL["unsay"].replace("{field}", field), {"field": field})
    for name in ("consents", "standings"):
        db.run(_SQL[name])
    for table in _TABLES:
        db.run(f"ALTER TABLE past_{table} RENAME TO {table}")
        db.run(f"CREATE INDEX ON pg_temp.{table} (contact_id)")
        db.run(f"ANALYZE pg_temp.{table}")


def _score(
    model: ModelSpec, contacts: Sequence[int], now: datetime, fields: Mapping[str, Field]
) -> dict[int, Before]:
    params = Params()
    compiler = Compiler(fields, params=params)
    points = [f"({compute.points(compiler, rule)})::int" for rule in model.rules]
    levels = compute.joined(compute.levels(compiler, model))
    rows = db.fetch(
        f"SELECT {', '.join(['c.contact_id', 'v.score', *points])}"
        f" {compiler.frame(THESE, extra=levels)}",
        params.bind(now) | {"ids": list(contacts)},
    )
    return {row[0]: Before(row[1], tuple(row[2:])) for row in rows}


def _columns(found: Sequence[Outcome]) -> tuple[list[int], list[date], list[datetime]]:
    return (
        [one.contact_id for one in found],
        [one.day for one in found],
        [one.at for one in found],
    )
