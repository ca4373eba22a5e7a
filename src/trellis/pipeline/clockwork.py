"""Moving the sandbox's time, in hops, so that everything happens when it was due."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from trellis.core import clock, db, instance, sql
from trellis.core.days import zone
from trellis.pipeline.drain import drain

SHORTEST = timedelta(minutes=5)
"""Timers due within this time of each other are run in one hop."""
MOST_HOPS = 500

_SQL = sql.load(__package__, "ticks")


def advance(delta: timedelta) -> int:
    """Move the sandbox's time on by ``delta`` and run all that falls due on the way, at its
    time; returns how many hops it took. Raises ``Forbidden`` outside a sandbox."""
    instance.move_clock(timedelta())
    drain()
    target = clock.now() + delta
    least = max(SHORTEST, delta / MOST_HOPS)
    hops = 0
    while (now := clock.now()) < target:
        stop = min(target, max(_next_due(now), now + least), _next_day(now))
        instance.move_clock(timedelta(seconds=-(-(stop - now) // timedelta(seconds=1))))
        drain()
        hops += 1
    return hops


def _next_due(now: datetime) -> datetime:
    found: datetime | None = db.fetch(_SQL["next_wake"], {"now": now})[0][0]
    return found or datetime.max.replace(tzinfo=now.tzinfo)


def _next_day(now: datetime) -> datetime:
    """The first second of the next day in the instance's zone."""
    local = now.astimezone(zone())
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0, 0, 1), local.tzinfo)
    return midnight.astimezone(now.tzinfo)
