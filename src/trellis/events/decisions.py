"""What automatic acts decided about contacts, and why (design principle 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from trellis.core import db, sql
from trellis.events.log import storable

_SQL = sql.load(__package__, "decisions")


class Decided(NamedTuple):
    """One decision: ``what`` was decided about which ``subject``, with which ``outcome``,
    by which ``reason`` code, on which ``facts``."""

    contact_id: int
    at: datetime
    what: str
    subject: str
    outcome: str
    reason: str
    facts: dict[str, Any]


def record(rows: Sequence[Decided]) -> None:
    """Append decisions in the caller's transaction."""
    if not rows:
        return
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    columns[6] = [storable(facts).decode() for facts in columns[6]]
    db.run(_SQL["record"], columns)
