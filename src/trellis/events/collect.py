"""A group of what the collector took in, as one commit stores it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from trellis.core import counters, sql
from trellis.core.ids import SLOTS
from trellis.events import rejected
from trellis.events.types import Fact, encoder

STATEMENTS = sql.load("trellis.events", "collect")
CHUNK = 500
"""Facts per inbox row at most."""


class Group(msgspec.Struct, array_like=True):
    """What is made durable together. ``rows``: encoded facts as (n, JSON array);
    ``counts``: (name, reason, n) for ``core.counters``; ``received``: UTC seconds."""

    received: float
    rows: list[tuple[int, bytes]]
    counts: list[tuple[str, str, int]]
    refused: list[rejected.Item]

    @property
    def size(self) -> int:
        """How many facts it holds."""
        return sum(n for n, _ in self.rows)


def encode(facts: Sequence[Fact]) -> list[tuple[int, bytes]]:
    """Facts as parts of inbox rows: (n, JSON without the brackets)."""
    if len(facts) == 1:
        return [(1, encoder.encode(facts[0]))]
    chunks = (facts[i : i + CHUNK] for i in range(0, len(facts), CHUNK))
    return [(len(chunk), encoder.encode(chunk)[1:-1]) for chunk in chunks]


def join(parts: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Parts of many requests joined into rows of about ``CHUNK`` facts, in order."""
    rows: list[tuple[int, bytes]] = []
    held: list[bytes] = []
    size = 0
    for n, part in parts:
        if held and size + n > CHUNK:
            rows.append((size, b"[" + b",".join(held) + b"]"))
            held, size = [], 0
        held.append(part)
        size += n
    if held:
        rows.append((size, b"[" + b",".join(held) + b"]"))
    return rows


def parameters(group: Group) -> dict[str, Any]:
    """The parameters of the statement ``collect``."""
    counts: Mapping[tuple[str, str], int] = {(a, b): n for a, b, n in group.counts}
    return {
        **counters.parameters(counts),
        "received": datetime.fromtimestamp(group.received, UTC),
        "slots": [random.randrange(SLOTS) for _ in group.rows],
        "sizes": [n for n, _ in group.rows],
        "facts": [data for _, data in group.rows],
    }


def store(groups: Sequence[Group]) -> None:
    """Store groups in one transaction over Django's connection."""
    with transaction.atomic():
        for group in groups:
            with connection.cursor() as cursor:
                cursor.execute(STATEMENTS["collect"], parameters(group))
            rejected.keep(group.refused, counted=True)
