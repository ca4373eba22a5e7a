"""What waits for somebody's decision? One statement, so that every page may ask."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.sql import load

_SQL = load("trellis.reports", "waiting")
MOST = 100
"""Counted so far; what is more shows as 99+."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Open proposals for a stage, pairs that may be one person, and the reader's unread
    notices; each ``MOST`` at most."""

    proposals: int
    duplicates: int
    notices: int


def waiting(actor: Actor) -> Waiting:
    """What waits now; a program has no notices."""
    user = actor.id if actor.kind == "user" else 0
    ((proposals, pairs, unread),) = db.fetch(_SQL["waiting"], {"most": MOST, "user": user})
    return Waiting(proposals=proposals, duplicates=pairs, notices=unread)
