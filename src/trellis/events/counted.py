"""What one person did, counted: their signals, and on how many days they were active."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trellis.core import db, sql
from trellis.core.days import day_of

_SQL = sql.load(__package__, "counted")
RECENT = 30


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A signal of one contact: how often, and when last. ``bucket`` is its class."""

    key: str
    name: str
    bucket: str
    n: int
    last_at: datetime | None
    days: frozenset[date] = frozenset()
    """Those of the last 30 days on which it was counted."""


def of_contact(contact_id: int, now: datetime) -> list[Counted]:
    """The signals of a contact, the most frequent first."""
    since = day_of(now) - timedelta(days=RECENT - 1)
    rows = db.fetch(_SQL["of_contact"], {"id": contact_id, "since": since})
    return [
        Counted(
            key=key,
            name=name,
            bucket=bucket,
            n=int(n),
            last_at=last,
            days=frozenset(days or ()),
        )
        for key, name, bucket, n, last, days in rows
    ]


def active_days(found: Iterable[Counted]) -> int:
    """On how many of the last 30 days any of the signals was counted."""
    return len(frozenset[date]().union(*(one.days for one in found)))
