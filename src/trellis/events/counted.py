"""What one person did, counted: their signals, and on how many days they were active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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


def of_contact(contact_id: int) -> list[Counted]:
    """The signals of a contact, the most frequent first."""
    rows = db.fetch(_SQL["of_contact"], {"id": contact_id})
    return [
        Counted(key=key, name=name, bucket=bucket, n=int(n), last_at=last)
        for key, name, bucket, n, last in rows
    ]


def active_days(contact_id: int, now: datetime) -> int:
    """On how many of the last 30 days a signal of the contact was counted."""
    since = day_of(now) - timedelta(days=RECENT - 1)
    ((n,),) = db.fetch(_SQL["active_days"], {"id": contact_id, "since": since})
    return int(n)
