"""How segments grow: one small row per segment and day, written as a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from trellis.core import clock, db
from trellis.core.days import day_of, zone
from trellis.core.sql import load

LONGEST = 400
"""Days that are written back at most."""

_SQL = load("trellis.segments", "growth")


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of a segment: how many were in it at its end, and who came and went."""

    day: date
    size: int
    came: int
    went: int


@dataclass(frozen=True, kw_only=True)
class Lately:
    """The last days of a segment in one line."""

    sizes: Sequence[int]
    came: int
    went: int


NO_DAYS = Lately(sizes=(), came=0, went=0)


def write(segment_id: int | None = None, since: date | None = None) -> int:
    """Bring the days up to today, of one segment or of all; returns how many were written.

    Days since the last written one follow from the moves and the present sizes, so that a
    stopped worker, or a sandbox that skips days, leaves no hole. ``since`` writes from that
    day on instead.
    """
    today = day_of(clock.now())
    first = since or db.fetch(_SQL["written"], {"zone": zone().key})[0][0] or today
    first = min(today, max(first, today - timedelta(days=LONGEST)))
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return db.run(
        _SQL["write"],
        {
            "days": days,
            "since": datetime.combine(first, time(), zone()),
            "zone": zone().key,
            "segment": segment_id,
        },
    )


def days(segment_id: int, since: date) -> list[Day]:
    """The days of a segment since a day, oldest first; days without a row are carried on."""
    found: list[Day] = []
    for day, size, came, went in db.fetch(
        _SQL["days"], {"segment": segment_id, "since": since}
    ):
        while found and found[-1].day + timedelta(days=1) < day:
            last = found[-1]
            found.append(Day(day=last.day + timedelta(days=1), size=last.size, came=0, went=0))
        found.append(Day(day=day, size=size, came=came, went=went))
    return found


def lately(segment_ids: Sequence[int], since: date) -> dict[int, Lately]:
    """The last days of some segments, in one statement."""
    rows = db.fetch(_SQL["lately"], {"segments": list(segment_ids), "since": since})
    return {
        id_: Lately(sizes=tuple(sizes), came=int(came), went=int(went))
        for id_, sizes, came, went in rows
    }
