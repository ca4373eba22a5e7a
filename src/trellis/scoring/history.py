"""How the score of a contact came to be what it is: its days, and what was done on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from trellis.core import db
from trellis.core.sql import load

DAYS = 400
"""Days with a change that are shown, the newest."""
STRETCH = 50_000
"""Numbers of contacts whose old days are forgotten in one statement."""

_SQL = load("trellis.scoring", "history")


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done on a day: the signal and how often."""

    name: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day on which the score changed: how it stood in the evening, by how much that is
    more than before, whether it crossed into another temperature, and what was done."""

    day: date
    score: int
    change: int
    buckets: Sequence[int]
    temperature: str
    crossed: bool
    done: Sequence[Done] = ()


def of_contact(contact_id: int, model_id: int) -> list[Day]:
    """The days on which the score changed by a model, in their order. Nothing done on a day
    means that points faded, a window ended, or the model was changed."""
    rows = db.fetch(_SQL["days"], {"contact": contact_id, "model": model_id, "most": DAYS})[
        ::-1
    ]
    done = _done(contact_id, [row[0] for row in rows])
    found: list[Day] = []
    before, warmth = 0, "cold"
    for day, score, temperature, *buckets in rows:
        found.append(
            Day(
                day=day,
                score=score,
                change=score - before,
                buckets=tuple(buckets),
                temperature=temperature,
                crossed=temperature != warmth,
                done=tuple(done.get(day, ())),
            )
        )
        before, warmth = score, temperature
    return found


def daily(days: Sequence[Day], until: date) -> list[tuple[date, Day | None]]:
    """Every day from the one before the first change until ``until``, each with the last
    change by then: the line of a plot."""
    if not days:
        return []
    changes = {one.day: one for one in days}
    at, last = days[0].day - timedelta(days=1), None
    found: list[tuple[date, Day | None]] = []
    while at <= max(until, days[-1].day):
        last = changes.get(at, last)
        found.append((at, last))
        at += timedelta(days=1)
    return found


def _done(contact_id: int, days: Sequence[date]) -> dict[date, list[Done]]:
    if not days:
        return {}
    found: dict[date, list[Done]] = {}
    for day, name, n in db.fetch(_SQL["done"], {"contact": contact_id, "days": list(days)}):
        found.setdefault(day, []).append(Done(name=name, n=n))
    return found


def thin(today: date) -> None:
    """Forget the scores of days more than ``TRELLIS_SCORE_DAYS`` ago, a stretch of contacts
    per statement; of each contact and model, the one that held then stays."""
    before = today - timedelta(days=settings.TRELLIS_SCORE_DAYS)
    ((last,),) = db.fetch("SELECT coalesce(max(contact_id), 0) FROM contact")
    for low in range(0, int(last) + 1, STRETCH):
        db.run(_SQL["thin"], {"low": low, "high": low + STRETCH - 1, "before": before})
