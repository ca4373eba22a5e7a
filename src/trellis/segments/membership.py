"""Writes membership by difference, counted per segment so that growth can be drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from trellis.core import counters, db
from trellis.core.sql import load

_SQL = load("trellis.segments", "membership")

ENTERED = "segment_entered"
LEFT = "segment_left"
"""Names of the counters; their reason is the segment's id."""

Pair = tuple[int, int]
"""Contact id, segment id."""


def enter(pairs: Sequence[Pair], now: datetime) -> int:
    """Put contacts into segments; returns how many were not in yet."""
    return _write("enter", pairs, ENTERED, now=now)


def leave(pairs: Sequence[Pair]) -> int:
    """Take contacts out of segments; returns how many were in."""
    return _write("leave", pairs, LEFT)


def refresh_sizes(segment_id: int | None = None) -> int:
    """Count the members of one segment, or of all; returns how many sizes changed."""
    return db.run(_SQL["sizes"], {"segment": segment_id})


def _write(block: str, pairs: Sequence[Pair], counter: str, **params: datetime) -> int:
    if not pairs:
        return 0
    ordered = sorted(pairs)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL[block],
            {
                "contacts": [contact for contact, _ in ordered],
                "segments": [segment for _, segment in ordered],
                **params,
            },
        )
        done = int(cursor.rowcount)
    counts = Counter(segment for _, segment in ordered)
    counters.add({(counter, str(segment)): n for segment, n in counts.items()})
    return done
