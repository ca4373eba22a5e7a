"""Monthly partitions: made ahead, filled from the default partition, dropped when old.

Rows of months without a partition (a late import, a clock that runs ahead) lie in the
default partition until ``ensure`` gives their month one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.conf import settings
from django.db import transaction

from trellis.core import db, sql

TABLES = ("event", "decision")
AHEAD, BEHIND = 2, 5
"""Months made before they begin, and for the history of a young instance."""
DECISION_MONTHS = 13
"""How long decisions explain themselves."""
LOCK = 7_304

_SQL = sql.load(__package__, "partitions")


def ensure(now: datetime) -> int:
    """Make the partitions that are missing; returns how many. Safe to call at any time."""
    made = 0
    for table in TABLES:
        oldest = _shift(_month(now), -_kept(table))
        wanted = {_shift(_month(now), n) for n in range(-BEHIND, AHEAD + 1)}
        for (month,) in db.fetch(_SQL["months"].replace("{table}", table)):
            if oldest <= month <= _shift(_month(now), AHEAD):
                wanted.add(month)
        there = {name for (name,) in db.fetch(_SQL["there"], [table])}
        for month in sorted(wanted):
            if _name(table, month) not in there:
                made += _make(table, month)
    return made


def retire(now: datetime) -> int:
    """Drop months that are kept no longer; returns how many."""
    dropped = 0
    for table in TABLES:
        oldest = _shift(_month(now), -_kept(table))
        for (name,) in db.fetch(_SQL["there"], [table]):
            if name < _name(table, oldest):
                db.run(_SQL["drop"].replace("{part}", name))
                dropped += 1
        db.run(_SQL["drop_strays"].replace("{table}", table), [_start(oldest)])
    return dropped


def _make(table: str, month: date) -> int:
    part, following = _name(table, month), _shift(month, 1)
    names = {
        "{table}": table,
        "{part}": part,
        "{from_at}": _start(month).isoformat(),
        "{to_at}": _start(following).isoformat(),
    }

    def text(block: str) -> str:
        out = _SQL[block]
        for mark, value in names.items():
            out = out.replace(mark, value)
        return out

    with transaction.atomic():
        db.fetch("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if part in {name for (name,) in db.fetch(_SQL["there"], [table])}:
            return 0
        db.run(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        db.run(text("make"))
        db.run(text("fill"), {"from_at": _start(month), "to_at": _start(following)})
        db.run(text("attach"))
    return 1


def _kept(table: str) -> int:
    months: int = settings.TRELLIS_EVENT_MONTHS
    return months if table == "event" else min(months, DECISION_MONTHS)


def _month(now: datetime) -> date:
    return now.astimezone(UTC).date().replace(day=1)


def _shift(month: date, n: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + n, 12)
    return date(year, index + 1, 1)


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def _name(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"
