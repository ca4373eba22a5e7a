"""Counting by name and reason and minute, so that nothing is silent (principle 7)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from trellis.core import clock


def add(counts: Mapping[tuple[str, str], int]) -> None:
    """Add ``{(name, reason): n}`` to the current minute, in the caller's transaction."""
    rows = sorted((key, n) for key, n in counts.items() if n)
    if not rows:
        return
    minute = clock.now().replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counter AS c (minute, name, reason, n)"
            " SELECT %s, t.name, t.reason, t.n"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS t (name, reason, n)"
            " ON CONFLICT (minute, name, reason) DO UPDATE SET n = c.n + EXCLUDED.n",
            [
                minute,
                [key[0] for key, _ in rows],
                [key[1] for key, _ in rows],
                [n for _, n in rows],
            ],
        )
