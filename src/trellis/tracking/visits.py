"""The visits of one contact to websites, and the devices they came with, read from the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.core import db, sql
from trellis.tracking.devices import Device, device_of

REACH = timedelta(days=180)
"""How far back visits are shown."""

_SQL = sql.load(__package__, "visits")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit: from when to when, which of the visitor's (1 is the first on that device),
    pages and events, seconds with a page in sight, and the device."""

    began: datetime
    ended: datetime
    number: int
    pages: int
    events: int
    seconds: int
    language: str
    device: Device


def visits(contact_id: int, now: datetime, limit: int = 4) -> list[Visit]:
    """The latest visits of a contact, the newest first: one query."""
    params = {"contact": contact_id, "since": now - REACH, "most": limit}
    return [
        Visit(
            began=began,
            ended=ended,
            number=number or 0,
            pages=pages,
            events=events,
            seconds=round(seconds or 0),
            language=language or "",
            device=device_of(agent or "", bool(touch)),
        )
        for began, ended, number, pages, events, seconds, language, agent, touch in db.fetch(
            _SQL["visits"], params
        )
    ]
