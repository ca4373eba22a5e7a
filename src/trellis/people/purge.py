"""Letting go: visitors who stayed strangers, and people who ask to be erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from trellis.core import db, sql
from trellis.people import duplicates
from trellis.people.registry import contact_tables

CHUNK = 1_000
_LAST = ("contact_identity", "standing", "contact")
"""Tables that go after all others, in this order."""

_SQL = sql.load(__package__, "purge")


def anonymous(now: datetime) -> int:
    """Delete visitors never identified and not seen for ``TRELLIS_ANONYMOUS_DAYS``, a chunk
    per transaction; returns how many."""
    before = now - timedelta(days=settings.TRELLIS_ANONYMOUS_DAYS)
    total = 0
    while ids := _old(before):
        with transaction.atomic():
            db.fetch(_SQL["lock"], [ids])
            gone = [number for (number,) in db.fetch(_SQL["hold"], [ids])]
            remove(gone)
        total += len(gone)
        if len(ids) < CHUNK:
            break
    return total


def remove(contact_ids: Sequence[int]) -> None:
    """Delete all rows of contacts that are locked by the caller, except those of tables that
    are kept when a person is erased."""
    ids = sorted(contact_ids)
    if not ids:
        return
    db.run(_SQL["unshare"], [ids])
    db.run(_SQL["unname"], [ids])
    db.run(_SQL["conflicts"], {"ids": ids})
    duplicates.forget(ids)
    own = {"identity", "people_identityconflict", "duplicate", *_LAST}
    for name, table in contact_tables.items():
        if not table.erase or name in own:
            continue
        clear = _SQL["clear"].replace("{table}", name)
        if table.counted is None:
            db.run(clear, [ids])
        else:
            table.counted(db.fetch(f"{clear} RETURNING {', '.join(table.key)}", [ids]), -1)
    for name in _LAST:
        db.run(_SQL["clear"].replace("{table}", name), [ids])


def family(contact_id: int) -> list[int]:
    """A contact with all that were merged into it, directly or before."""
    found = [contact_id]
    ask = [contact_id]
    while ask:
        ask = [number for (number,) in db.fetch(_SQL["linked"], [ask])]
        found.extend(ask)
    return found


def lock(contact_ids: Sequence[int]) -> None:
    """Keep batches away from these contacts until the transaction ends."""
    db.fetch(_SQL["lock"], [sorted(contact_ids)])


def addresses(contact_ids: Sequence[int]) -> list[tuple[str, str]]:
    """The (kind, value) of all identities of these contacts."""
    return [(kind, value) for kind, value in db.fetch(_SQL["addresses"], [list(contact_ids)])]


def entomb(contact_ids: Sequence[int], now: datetime, actor: str, reason: str) -> None:
    """Note that these contacts were erased."""
    db.run(_SQL["tombstone"], [now, actor, reason, sorted(contact_ids)])


def _old(before: datetime) -> list[int]:
    rows = db.fetch(_SQL["old"], {"before": before, "limit": CHUNK})
    return [number for (number,) in rows]
