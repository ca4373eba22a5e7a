"""Counting by name and reason and minute, so that nothing is silent (principle 7)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from trellis.core import clock

ADD = (
    "INSERT INTO core_counter AS c (minute, name, reason, n)"
    " SELECT %(minute)s, t.name, t.reason, t.n"
    " FROM unnest(%(names)s::text[], %(reasons)s::text[], %(counts)s::bigint[])"
    " AS t (name, reason, n)"
    " ON CONFLICT (minute, name, reason) DO UPDATE SET n = c.n + EXCLUDED.n"
)
"""The statement behind ``add``, for writers that have a connection of their own."""


def parameters(counts: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """The parameters of ``ADD``. Sorted, so that concurrent writers do not deadlock."""
    rows = sorted((key, n) for key, n in counts.items() if n)
    return {
        "minute": clock.now().replace(second=0, microsecond=0),
        "names": [name for (name, _), _ in rows],
        "reasons": [reason for (_, reason), _ in rows],
        "counts": [n for _, n in rows],
    }


def add(counts: Mapping[tuple[str, str], int]) -> None:
    """Add ``{(name, reason): n}`` to the current minute, in the caller's transaction."""
    if not any(counts.values()):
        return
    kept: Counter[tuple[str, str]] | None = getattr(_thread, "kept", None)
    if kept is not None:
        kept.update(counts)
        return
    with connection.cursor() as cursor:
        cursor.execute(ADD, parameters(counts))


@contextmanager
def together() -> Iterator[None]:
    """Write all that is added inside at the end, in one statement.

    Everybody counts in the same rows of a minute, so a long transaction that wrote them early
    would make all others wait for it.
    """
    if getattr(_thread, "kept", None) is not None:
        yield
        return
    kept: Counter[tuple[str, str]] = Counter()
    _thread.kept = kept
    try:
        yield
    finally:
        _thread.kept = None
    add(kept)


_thread = threading.local()
