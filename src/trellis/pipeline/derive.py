"""Derivation of the contacts a batch touched: scores, temperature, stage, segments.

All are functions of facts and time. ``derive`` brings them up to date for some contacts and
states what it decided as facts for the next batch, each with the event that caused it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from django.db import connection

from trellis.core import counters
from trellis.events import names
from trellis.events.inbox import system_fact
from trellis.events.types import Fact
from trellis.pipeline import definitions, follow
from trellis.pipeline.definitions import Definitions
from trellis.pipeline.derivation import Derivation, Moved, for_contacts, whole
from trellis.scoring import companies
from trellis.segments import history, membership
from trellis.segments.history import Move

Causes = Mapping[int, tuple[int | None, int]]
"""Contact to the event that touched it and that event's depth."""


def derive(
    contact_ids: Sequence[int], now: datetime, causes: Causes, why: str = "event"
) -> list[Fact]:
    """Derive these contacts at ``now`` and return the facts about what changed; ``why`` says
    what made them be derived: event, clock, or a changed rule.

    Call inside the batch's transaction, after their standings are locked. Contacts that
    were merged away are passed over.
    """
    if not contact_ids:
        return []
    known = definitions.current()
    connection.ensure_connection()
    moved = _compiled(known).run(connection.connection, now, ids=sorted(set(contact_ids)))
    return record(known, moved, now, causes, why)


def record(
    known: Definitions,
    moved: Sequence[Moved],
    now: datetime,
    causes: Causes,
    why: str = "event",
) -> list[Fact]:
    """Write what moved beside the standing, and state it as facts."""
    if not moved:
        return []
    changes = follow.changes(known.lines, moved, causes)
    follow.write(changes, now)
    _note_companies(moved)
    _write_memberships(known, moved, now, causes, why)
    told = follow.told(changes)
    facts = [
        system_fact(
            item.contact_id,
            name,
            {**props, "why": why},
            at=now.timestamp(),
            cause=causes.get(item.contact_id, (None, 0))[0],
            depth=causes.get(item.contact_id, (None, 0))[1] + 1,
        )
        for item in moved
        for name, props in (*_warmth(item), *told.get(item.contact_id, ()), *_told(known, item))
    ]
    counts = Counter(("derived", fact.name) for fact in facts)
    counters.add(counts)
    return facts


@lru_cache(maxsize=2)
def _compiled(known: Definitions) -> Derivation:
    return for_contacts(whole(known))


Told = list[tuple[str, dict[str, object]]]


def _warmth(item: Moved) -> Told:
    if item.temperature == item.temperature_before:
        return []
    change: dict[str, object] = {
        "from": item.temperature_before,
        "to": item.temperature,
        "score": item.score,
    }
    return [(names.TEMPERATURE_CHANGED, change)]


def _told(known: Definitions, item: Moved) -> Told:
    told: Told = []
    specs = known.segments
    before, after = set(item.segments_before), set(item.segments)
    for id_ in sorted(after - before):
        if specs[id_].built:
            told.append((names.SEGMENT_ENTERED, {"segment_id": id_, "segment": specs[id_].key}))
    for id_ in sorted(before - after):
        if specs[id_].built:
            told.append((names.SEGMENT_LEFT, {"segment_id": id_, "segment": specs[id_].key}))
    return told


def _note_companies(moved: Sequence[Moved]) -> None:
    companies.note(
        {number for item in moved for number in (item.company_before, item.company) if number}
    )


def _write_memberships(
    known: Definitions, moved: Sequence[Moved], now: datetime, causes: Causes, why: str
) -> None:
    entered, left, moves = [], [], []
    for item in moved:
        if item.segments == item.segments_before:
            continue
        before, after = set(item.segments_before), set(item.segments)
        entered += [(item.contact_id, id_) for id_ in after - before]
        left += [(item.contact_id, id_) for id_ in before - after]
        cause = causes.get(item.contact_id, (None, 0))[0]
        held = history.unpack(item.held)
        for id_ in sorted(after ^ before):
            spec = known.segments[id_]
            if spec.built:
                moves.append(
                    Move(
                        item.contact_id,
                        id_,
                        id_ in after,
                        why,
                        spec.version,
                        held.get(id_),
                        cause,
                    )
                )
    membership.enter(entered, now)
    membership.leave(left)
    history.record(moves, now)
