"""What several people did, on one timeline: for a company."""

from __future__ import annotations

from collections.abc import Sequence

from trellis.core import db, sql
from trellis.events.queries import EventRow

_SQL = sql.load(__package__, "together")


def latest(contact_ids: Sequence[int], limit: int) -> list[tuple[int, EventRow]]:
    """The newest events of some contacts, each with whose it is; what Trellis decided by
    itself is left out. Keep the contacts few: the log is led by contact."""
    args = {"ids": list(contact_ids), "limit": limit}
    found = []
    for number, event_id, at, kind, name, props, origin, cause in db.fetch(
        _SQL["latest"], args
    ):
        row = EventRow(
            event_id=event_id,
            at=at,
            type=kind,
            name=name,
            props=db.decoded(props),
            origin_id=origin,
            cause=cause,
        )
        found.append((int(number), row))
    return found
