"""Linking contacts into one, many pairs at a time.

Rows are copied to the survivor and deleted (``contact_id`` of a row never changes);
``merge.kept`` remembers what ``people.undo`` needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from trellis.core import db, sql
from trellis.people import attributes, duplicates, moving, provenance
from trellis.people.attributes import Profile
from trellis.people.registry import contact_tables
from trellis.people.types import Merged
from trellis.people.values import BUILT_IN

_SQL = sql.load(__package__, "merge")
_encode = msgspec.json.Encoder().encode
Kept = dict[str, Any]


def merge(pairs: Sequence[Merged], now: datetime, actor: str = "system") -> None:
    """Link each loser into its winner. Both are locked by the caller (``people.resolve``);
    every winner is a final survivor and no contact loses twice."""
    if not pairs:
        return
    winners, losers = [p.winner for p in pairs], [p.loser for p in pairs]
    kept: dict[int, Kept] = {loser: {} for loser in losers}
    args = {"winners": winners, "losers": losers}
    for name, table in contact_tables.items():
        if table.mode == "own":
            continue
        if table.origin:
            db.run(moving.merge_sql(name), args)
            continue
        for loser, moved, rows in db.fetch(moving.merge_sql(name), args):
            kept[loser][name] = {
                "moved": db.decoded(moved) or [],
                "rows": db.decoded(rows) or [],
            }
    _count_lost(pairs, kept)
    _move_identities(args, kept)
    _move_standing(pairs, kept)
    _merge_profiles(pairs, kept, now)
    linked = db.fetch(_SQL["link"], [now, winners, losers])
    db.run(_SQL["know"], [losers])
    _follow(pairs, kept, {loser for loser, known in linked if known}, now, actor)
    reasons = [p.reason for p in pairs]
    notes = [_encode(kept[loser]).decode() for loser in losers]
    db.run(_SQL["note"], [now, actor, winners, losers, reasons, notes])


def _count_lost(pairs: Sequence[Merged], kept: dict[int, Kept]) -> None:
    """Tell whoever keeps count of a table which rows vanished: those that the winner had no
    room for, and those that several losers had and the winner took once."""
    for name, table in contact_tables.items():
        if table.counted is None:
            continue
        lost: list[list[Any]] = []
        taken: set[tuple[int, str]] = set()
        for pair in pairs:
            went = kept[pair.loser].get(name, {})
            lost += [[row[column] for column in table.key] for row in went.get("rows", ())]
            for key in went.get("moved", ()):
                once = (pair.winner, _encode(key).decode())
                if once in taken:
                    lost.append(key)
                taken.add(once)
        table.counted(lost, -1)


def _follow(
    pairs: Sequence[Merged], kept: dict[int, Kept], known: set[int], now: datetime, actor: str
) -> None:
    """Let the queue of duplicates and upper domains settle what two known people leave."""
    named = [(pair.winner, pair.loser) for pair in pairs if pair.loser in known]
    duplicates.follow_merge(named, now, actor)
    for name, table in contact_tables.items():
        if table.merged is not None:
            left = [(w, n, kept[n].get(name, {}).get("rows", [])) for w, n in named]
            table.merged([row for row in left if row[2]], now, actor)


def _move_identities(args: dict[str, list[int]], kept: dict[int, Kept]) -> None:
    rows = db.fetch(_SQL["mirror"], args)
    for _, loser, kind, value in rows:
        kept[loser].setdefault("identities", []).append([kind, value])
    if rows:
        db.run(
            _SQL["point"], [[r[0] for r in rows], [r[2] for r in rows], [r[3] for r in rows]]
        )


def _move_standing(pairs: Sequence[Merged], kept: dict[int, Kept]) -> None:
    winner_of = {p.loser: p.winner for p in pairs}
    before = {row[0]: row[1:] for row in db.fetch(_SQL["spans"], [[p.winner for p in pairs]])}
    rows = db.fetch(_SQL["unstand"], [list(winner_of)])
    for loser, first, last, stage in rows:
        kept[loser]["standing"] = [first.isoformat(), last.isoformat(), stage]
        if (span := before.get(winner_of[loser])) is not None:
            kept[loser]["before"] = [span[0].isoformat(), span[1].isoformat(), span[2]]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        columns[0] = [winner_of[loser] for loser in columns[0]]
        db.run(_SQL["stand"], columns)


def _merge_profiles(pairs: Sequence[Merged], kept: dict[int, Kept], now: datetime) -> None:
    """Give winners what losers knew better: the newest word on each key wins."""
    profiles = attributes.read([p.loser for p in pairs] + [p.winner for p in pairs])
    for pair in pairs:
        winner, loser = profiles[pair.winner], profiles[pair.loser]
        before = snapshot(winner)
        for key, said in loser.provenance.items():
            value, own = value_of(loser, key), value_of(winner, key)
            old = winner.provenance.get(key)
            if provenance.newer(said, value, old, own):
                set_value(winner, key, value)
                winner.provenance[key] = _kept(key, said, value, old, own)
                winner.changed = True
            elif old is not None:
                winner.provenance[key] = _kept(key, old, own, said, value)
                winner.changed = True
        if new := [tag for tag in loser.tags if tag not in winner.tags]:
            winner.tags = [*winner.tags, *new]
            winner.changed = True
        if winner.changed:
            kept[pair.loser]["profile"] = before
    attributes.write([p for p in profiles.values() if p.changed], now)


def _kept(
    key: str, stays: provenance.Entry, value: Any, goes: provenance.Entry | None, old: Any
) -> provenance.Entry:
    """The entry that stays; a company is kept by number, which says nothing later."""
    return provenance.keep(stays, value, goes, None if key == "company" else old)


def value_of(profile: Profile, key: str) -> Any:
    """What a profile says under a key."""
    if key == "company":
        return profile.company_id
    return profile.fields[key] if key in profile.fields else profile.attributes.get(key)


def set_value(profile: Profile, key: str, value: Any) -> None:
    """Put a value that was valid in another profile into this one."""
    if key == "company":
        profile.company_id = value
    elif key in profile.fields:
        profile.fields[key] = value
    elif value is None:
        profile.attributes.pop(key, None)
    else:
        profile.attributes[key] = value


def snapshot(profile: Profile) -> dict[str, Any]:
    """A profile's values and provenance as JSON, for undo."""
    values = {key: value_of(profile, key) for key in (*BUILT_IN, *profile.attributes)}
    return {
        "values": values,
        "provenance": dict(profile.provenance),
        "tags": list(profile.tags),
    }
