"""Who entered and left which segment, when, and because of which condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from trellis.core import db
from trellis.core.paging import Cursor, Page, paged
from trellis.core.sql import load
from trellis.events import names
from trellis.people import masking
from trellis.rules import types
from trellis.rules.parse import parse
from trellis.rules.registry import FACT, Field
from trellis.rules.types import Leaf, Rule, RuleError
from trellis.rules.words import leaf_sentence
from trellis.segments.compute import MASK
from trellis.segments.models import SegmentRule

EVENT, CLOCK, RULE, HAND, SNAPSHOT = "event", "clock", "rule", "hand", "snapshot"
"""What made somebody enter or leave: a fact, the passing of time, another rule, a person, or
a snapshot that was taken again."""
WHYS = (EVENT, CLOCK, RULE, HAND, SNAPSHOT)
NAMED = 3
"""Conditions that a reason names at most."""
PROFILE_CALLS = frozenset({"identify", "group"})
PROFILE_EVENTS = frozenset(
    {names.CONTACT_CHANGED, names.ATTRIBUTE_CHANGED, names.FORM_SUBMITTED}
)
CONSENT_EVENTS = frozenset({names.SUBSCRIBED, names.UNSUBSCRIBED, names.FORM_SUBMITTED})

_SQL = load("trellis.segments", "history")


class Move(NamedTuple):
    """A move to record; the fields are those of ``SegmentMove``."""

    contact_id: int
    segment_id: int
    entered: bool
    why: str
    version: int = 1
    held: int | None = None
    cause: int | None = None
    actor: str = ""


def unpack(packed: Iterable[int]) -> dict[int, int]:
    """Segment → bits of the conditions that hold, from what the derivation returns."""
    return {one >> MASK: one & ((1 << MASK) - 1) for one in packed}


def record(moves: Sequence[Move], now: datetime) -> None:
    """Keep moves in the caller's transaction."""
    if not moves:
        return
    ordered = sorted(moves, key=lambda move: move[:2])
    columns: list[list[object]] = [list(column) for column in zip(*ordered, strict=True)]
    names = ("contacts", "segments", "entered", "whys", "versions", "held", "causes", "actors")
    db.run(_SQL["record"], {**dict(zip(names, columns, strict=True)), "now": now})


def prune(before: datetime) -> int:
    """Forget moves from before a time; returns how many."""
    return db.run(_SQL["prune"], {"before": before})


@dataclass(frozen=True, kw_only=True)
class MoveRow:
    """A move as it is shown. ``reasons`` are the conditions that changed, in words, as far as
    the conditions, the event (``event``, ``detail``) and the clock can tell."""

    contact_id: int
    segment_id: int
    at: datetime
    entered: bool
    why: str
    actor: str
    event: str
    detail: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MoveFilter:
    """Which moves: of a segment or a contact; ``which`` entered, left or "" for both."""

    segment_id: int | None = None
    contact_id: int | None = None
    which: str = ""
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None


def moves(
    wanted: MoveFilter, fields: Mapping[str, Field], after: Cursor | None, limit: int
) -> Page[MoveRow]:
    """A page of moves, the newest first; one statement and one look-up of rules."""
    rows = db.fetch(
        _SQL["of_contact" if wanted.segment_id is None else "of_segment"],
        {
            "contact": wanted.contact_id,
            "segment": wanted.segment_id,
            "which": {"entered": True, "left": False}.get(wanted.which),
            "why": wanted.why or None,
            "since": wanted.since,
            "until": wanted.until,
            "after_at": after.at if after else None,
            "after_id": after.id if after else None,
            "most": limit + 1,
        },
    )
    stored = [_Stored(*row) for row in rows]
    rules = _rules({(row.segment_id, row.version) for row in stored}, fields)
    known = _Known(fields, _counted(fields))
    shown = [_shown(row, rules.get((row.segment_id, row.version)), known) for row in stored]
    return paged(shown, limit, lambda row: (row.at, row.contact_id))


class _Known(NamedTuple):
    """What rules read now, and which event (type, name) each signal counts."""

    fields: Mapping[str, Field]
    signals: Mapping[int, tuple[str, str]]


def _counted(fields: Mapping[str, Field]) -> dict[int, tuple[str, str]]:
    return {
        int(field.ref): (field.event.type, field.event.name)
        for field in fields.values()
        if field.type == types.SIGNAL and field.ref and field.event is not None
    }


def _rules(
    wanted: Iterable[tuple[int, int]], fields: Mapping[str, Field]
) -> dict[tuple[int, int], Rule]:
    """The rules of some versions of segments, as far as they can still be read."""
    pairs = set(wanted)
    found = {}
    for row in SegmentRule.objects.filter(segment_id__in={id_ for id_, _version in pairs}):
        if (row.segment_id, row.version) in pairs:
            try:
                found[row.segment_id, row.version] = parse(row.rule, fields)
            except RuleError:
                continue
    return found


class _Stored(NamedTuple):
    """A move as the statement returns it; kind, event and detail are those of its cause."""

    contact_id: int
    segment_id: int
    at: datetime
    entered: bool
    why: str
    version: int
    held: int | None
    actor: str
    kind: str
    event: str
    detail: str


def _shown(row: _Stored, rule: Rule | None, known: _Known) -> MoveRow:
    reasons: tuple[str, ...] = ()
    if rule is not None and row.held is not None and row.why in (EVENT, CLOCK):
        changed = blame(rule, row.held, row.why, (row.kind, row.event), known)
        reasons = tuple(leaf_sentence(leaf, known.fields) for leaf in changed[:NAMED])
    return MoveRow(
        contact_id=row.contact_id,
        segment_id=row.segment_id,
        at=row.at,
        entered=row.entered,
        why=row.why,
        actor=row.actor,
        event=row.event,
        detail=masking.text(row.detail),
        reasons=reasons,
    )


def blame(rule: Rule, held: int, why: str, event: tuple[str, str], known: _Known) -> list[Leaf]:
    """The conditions whose change made the rule change, as far as can be told.

    First those that carry the result: where one condition turned alone would turn it, these;
    else all that stand on its side. Then, of these, those that this event (type, name) or the
    clock can have moved at once; else those that derive from other things; else all.
    """
    leaves = list(types.leaves(rule))
    truth = [bool(held >> bit & 1) for bit in range(len(leaves))]
    result = _holds(rule, iter(truth))
    alone = [
        number
        for number in range(len(leaves))
        if _holds(rule, (t != (i == number) for i, t in enumerate(truth))) != result
    ]
    carrying = alone or [number for number, held_now in enumerate(truth) if held_now == result]
    candidates = [leaves[number] for number in carrying] or leaves
    moved = [leaf for leaf in candidates if _can_move(leaf, why, event, known)]
    derived = [leaf for leaf in candidates if _level(leaf, known) > FACT]
    return moved or derived or candidates


def _holds(rule: Rule, values: Iterator[bool]) -> bool:
    def of(part: Rule) -> bool:
        if isinstance(part, Leaf):
            return next(values)
        held = [of(inner) for inner in part.parts]
        return {"all": all(held), "any": any(held), "none": not any(held)}[part.kind]

    return of(rule)


def _level(leaf: Leaf, known: _Known) -> int:
    field = known.fields.get(leaf.field)
    return FACT if field is None else field.level


def _can_move(leaf: Leaf, why: str, event: tuple[str, str], known: _Known) -> bool:
    if why == CLOCK:
        return leaf.within is not None or isinstance(leaf.value, types.Span)
    kind, name = event
    if leaf.type == types.SIGNAL:
        keys = [leaf.field, *(f"signal.{key}" for key in (leaf.not_since, leaf.after) if key)]
        fields = [known.fields.get(key) for key in keys]
        refs = [int(field.ref) for field in fields if field is not None]
        return any(known.signals.get(ref) == event for ref in refs)
    if leaf.type == types.CONSENT:
        return name in CONSENT_EVENTS or kind == "identify"
    if leaf.type == types.SEGMENT:
        return name in (names.SEGMENT_ENTERED, names.SEGMENT_LEFT)
    if leaf.field.startswith("standing."):
        return kind != "system"
    profile = kind in PROFILE_CALLS or name in PROFILE_EVENTS
    return profile and _level(leaf, known) == FACT
