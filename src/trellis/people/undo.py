"""Taking a merge apart again: the loser gets back what it brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from trellis.core import db, sql
from trellis.core.errors import Conflict, NotFound
from trellis.people import attributes, moving, provenance, purge
from trellis.people.merge import set_value
from trellis.people.models import Contact, Merge
from trellis.people.registry import ContactTable, contact_tables

_SQL = sql.load(__package__, "undo")
_encode = msgspec.json.Encoder().encode


def undo(merge_id: int, now: datetime) -> Merge:
    """Undo one merge in the caller's transaction; returns its row.

    Facts that came after the merge stay with the winner. Raises ``Conflict`` where it was
    undone before, or where a later merge must be undone first.
    """
    row = _checked(merge_id)
    winner, loser = row.contact_id, row.loser_id
    purge.lock([winner])
    _stand_up(row)
    for name, table in contact_tables.items():
        if table.mode != "own":
            _give_back(name, table, row)
    _give_identities(row)
    _restore_profile(row, now)
    db.run(_SQL["unlink"], [now, loser])
    db.run(_SQL["known"], [[winner, loser]])
    for table in contact_tables.values():
        if table.undone is not None:
            table.undone(winner, loser)
    Merge.objects.filter(merge_id=merge_id).update(undone_at=now)
    row.undone_at = now
    return row


def _checked(merge_id: int) -> Merge:
    row = Merge.objects.filter(merge_id=merge_id).first()
    if row is None:
        raise NotFound("There is no such merge.", merge_id=merge_id)
    if row.undone_at is not None:
        raise Conflict("This merge was undone already.", merge_id=merge_id)
    links = dict(
        Contact.objects.filter(contact_id__in=[row.contact_id, row.loser_id]).values_list(
            "contact_id", "merged_into"
        )
    )
    if links.get(row.loser_id) != row.contact_id:
        raise Conflict("One of the two contacts is gone.", merge_id=merge_id)
    if links.get(row.contact_id) is not None:
        raise Conflict(
            "The contact was merged again later; undo that first.", merge_id=merge_id
        )
    return row


def _stand_up(row: Merge) -> None:
    first, last, stage = row.kept.get("standing") or [row.at.isoformat()] * 2 + [None]
    db.run(_SQL["stand_up"], [row.loser_id, first, last, stage])
    if before := row.kept.get("before"):
        span = {"first": first, "last": last, "stage": stage, "winner": row.contact_id}
        was = dict(zip(("first_before", "last_before", "stage_before"), before, strict=True))
        db.run(_SQL["stand_back"], {**span, **was})


def _give_back(name: str, table: ContactTable, row: Merge) -> None:
    args: dict[str, Any] = {"winners": [row.loser_id], "losers": [row.contact_id]}
    if table.origin:
        db.run(moving.back_sql(name), {**args, "origins": purge.family(row.loser_id)})
        return
    kept = row.kept.get(name) or {}
    if moved := kept.get("moved"):
        keys = [_encode(key).decode() for key in moved]
        db.fetch(moving.back_sql(name), {**args, "keys": keys})
    if rows := kept.get("rows"):
        back = {
            "winner": row.contact_id,
            "loser": row.loser_id,
            "rows": _encode(rows).decode(),
        }
        if table.mode == "add" and table.total:
            db.run(moving.undo_sql(name, "take_off"), back)
            db.run(moving.undo_sql(name, "drop_empty"), back)
        db.run(moving.undo_sql(name, "put_back"), back)
        if table.counted is not None:
            table.counted([[each[column] for column in table.key] for each in rows], 1)


def _give_identities(row: Merge) -> None:
    idents = row.kept.get("identities") or []
    if idents:
        args = {
            "winner": row.contact_id,
            "loser": row.loser_id,
            "kinds": [kind for kind, _ in idents],
            "values": [value for _, value in idents],
        }
        db.run(_SQL["identities"], args)
        db.run(_SQL["mirror"], args)


def _restore_profile(row: Merge, now: datetime) -> None:
    """Take back what the winner learnt from the loser and nobody said better since."""
    before = row.kept.get("profile")
    if not before:
        return
    profiles = attributes.read([row.contact_id, row.loser_id])
    winner, loser = profiles[row.contact_id], profiles[row.loser_id]
    came = set(loser.tags) - set(before.get("tags", winner.tags))
    winner.tags = [tag for tag in winner.tags if tag not in came]
    for key, said in loser.provenance.items():
        if not provenance.same_word(winner.provenance.get(key), said):
            _forget_word(winner, key, before)
            continue
        set_value(winner, key, before["values"].get(key, "" if key in winner.fields else None))
        if key in before["provenance"]:
            winner.provenance[key] = before["provenance"][key]
        else:
            del winner.provenance[key]
    attributes.write([winner], now)


def _forget_word(winner: attributes.Profile, key: str, before: dict[str, Any]) -> None:
    """The values before the winner's own word are its own again, unless it was said since."""
    was = before["provenance"].get(key)
    if provenance.same_word(winner.provenance.get(key), was):
        winner.provenance[key] = was
