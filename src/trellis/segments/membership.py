"""Writes membership by difference, counted per segment, and keeps the sizes of segments.

A size is never counted on the way: whoever writes membership notes by how much it changed
(``segment_change``), and once a minute the notes are taken into the sizes. So the cost
follows what moved, not how many there are. ``recount`` heals what went wrong all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from trellis.core import counters, db
from trellis.core.sql import load

_SQL = load("trellis.segments", "membership")
_log = structlog.get_logger(__name__)

ENTERED = "segment_entered"
LEFT = "segment_left"
"""Names of the counters; their reason is the segment's id."""
HEALED = "segment_size"
"""Counter of the members by which sizes were wrong; its reason is the segment's key."""

Pair = tuple[int, int]
"""Contact id, segment id."""


def enter(pairs: Sequence[Pair], now: datetime) -> int:
    """Put contacts into segments; returns how many were not in yet."""
    return _write("enter", pairs, ENTERED, 1, now=now)


def leave(pairs: Sequence[Pair]) -> int:
    """Take contacts out of segments; returns how many were in."""
    return _write("leave", pairs, LEFT, -1)


def note(deltas: Mapping[int, int]) -> None:
    """Remember by how much the sizes of segments (by id) changed, in the transaction that
    changes membership."""
    ids = sorted(id_ for id_, delta in deltas.items() if delta)
    if ids:
        db.run(_SQL["note"], {"segments": ids, "deltas": [deltas[id_] for id_ in ids]})


def follow(keys: Sequence[Sequence[Any]], step: int) -> None:
    """Note rows that vanished (-1) or came back (+1) where contacts are merged, taken apart
    or deleted (``people.registry``); a key is [segment id]."""
    note({id_: step * n for id_, n in Counter(int(key[0]) for key in keys).items()})


def settle(segment_id: int | None = None) -> int:
    """Take what was noted into the size of one segment, or of all; returns how many sizes
    changed."""
    return db.run(_SQL["settle"], {"segment": segment_id})


def recount() -> dict[str, int]:
    """Count all members exactly and put sizes right that had drifted, each with a line in the
    log and on the page Health; returns by how much, by the key of the segment.

    What was wrong is added, not what is right is set: sizes that are settled meanwhile stay
    settled. Call from one place at a time.
    """
    with transaction.atomic():
        rows = db.fetch(_SQL["drift"])
        note({id_: int(delta) for id_, _key, delta in rows})
        found = {key: int(delta) for _id, key, delta in rows}
        counters.add({(HEALED, key): abs(delta) for key, delta in found.items()})
        settle()
    for key, delta in found.items():
        _log.warning("segment_size_drifted", segment=key, by=delta)
    return found


def _write(
    block: str, pairs: Sequence[Pair], counter: str, step: int, **params: datetime
) -> int:
    if not pairs:
        return 0
    ordered = sorted(pairs)
    columns = {
        "contacts": [contact for contact, _ in ordered],
        "segments": [segment for _, segment in ordered],
    }
    done = Counter(segment for (segment,) in db.fetch(_SQL[block], {**columns, **params}))
    note({segment: step * n for segment, n in done.items()})
    counters.add({(counter, str(segment)): n for segment, n in done.items()})
    return done.total()
