"""What pages read about the running of the whole: what is behind, and what waits for whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.core import clock, db

ALIVE = timedelta(seconds=60)
"""A worker that reported within this time counts as alive (machine's time)."""
LATE = 10.0
"""Seconds of lag from which pages warn."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """``lag``: age in seconds of the oldest accepted fact that is not in the log yet."""

    waiting: int
    lag: float
    workers: int
    journeys: int
    enrolments: int

    @property
    def late(self) -> bool:
        """Whether people should know that what they see is old."""
        return self.lag > LATE or (self.waiting > 0 and self.workers == 0)


def overview() -> Overview:
    """One statement over small tables."""
    row = db.fetch(
        "SELECT (SELECT coalesce(sum(n), 0) FROM inbox),"
        " (SELECT min(received_at) FROM inbox),"
        " (SELECT count(*) FROM worker WHERE kind = 'worker' AND at > %(alive)s),"
        " (SELECT count(*) FROM journey WHERE state = 'live' AND archived_at IS NULL),"
        " (SELECT count(*) FROM (SELECT 1 FROM enrolment WHERE wake_at IS NOT NULL"
        " LIMIT 100000) t)",
        {"alive": clock.wall() - ALIVE},
    )[0]
    waiting, oldest, workers, journeys, enrolments = row
    lag = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
    return Overview(
        waiting=int(waiting), lag=lag, workers=workers, journeys=journeys, enrolments=enrolments
    )


@dataclass(frozen=True, kw_only=True)
class Advance:
    """The sandbox's clock is being moved: to where, and how far it is in per cents."""

    target: datetime
    progress: int


def advancing() -> Advance | None:
    """Whether the sandbox's clock is being moved; one short statement."""
    rows = db.fetch(
        "SELECT args FROM procrastinate_jobs WHERE task_name = 'pipeline.advance_clock'"
        " AND status IN ('todo', 'doing') ORDER BY id LIMIT 1"
    )
    if not rows:
        return None
    args = rows[0][0] if isinstance(rows[0][0], dict) else json.loads(rows[0][0])
    start, target = (datetime.fromisoformat(args[name]) for name in ("start", "target"))
    share = (clock.now() - start) / (target - start) if target > start else 1.0
    return Advance(target=target, progress=round(100 * min(1.0, max(0.0, share))))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Counts of what waits for a person."""

    unknown: int
    broken: int
    rejected: int
    conflicts: int
    drafts: int


def waiting() -> Waiting:
    """What waits for a person, in one statement."""
    day = clock.now() - timedelta(days=1)
    row = db.fetch(
        "SELECT (SELECT count(*) FROM message WHERE state = 'unknown'"
        " AND created_at > %(month)s),"
        " (SELECT count(*) FROM segment WHERE status = 'broken' AND archived_at IS NULL)"
        " + (SELECT count(*) FROM signal WHERE status = 'broken')"
        " + (SELECT count(*) FROM stage WHERE rule_broken <> '' AND archived_at IS NULL),"
        " (SELECT count(*) FROM rejected WHERE at > %(day)s AND replayed_at IS NULL),"
        " (SELECT count(*) FROM (SELECT 1 FROM duplicate WHERE state = 'open' LIMIT 1000) d),"
        " (SELECT count(*) FROM journey WHERE state = 'draft' AND archived_at IS NULL)",
        {"day": day, "month": clock.now() - timedelta(days=31)},
    )[0]
    unknown, broken, rejected, conflicts, drafts = (int(value) for value in row)
    return Waiting(
        unknown=unknown, broken=broken, rejected=rejected, conflicts=conflicts, drafts=drafts
    )
