"""Writes moves between stages: the lead, the history, the standing. Decides nothing; the
one action that moves leads by hand, journey or import is ``leads.actions.move_stage``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from trellis.core.sql import load
from trellis.leads.types import LineSpec

_SQL = load("trellis.leads", "moves")


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One lead from a stage (None: there was no lead) to another, with the facts that
    decided it."""

    contact_id: int
    before: int | None
    after: int
    facts: Mapping[str, object] = field(default_factory=dict)


def write(
    line: LineSpec, moves: Sequence[Move], *, actor: str, how: str, reason: str, now: datetime
) -> None:
    """Place the leads and append to their history, in the caller's transaction."""
    if not moves:
        return
    params: dict[str, Any] = {
        "line": line.id,
        "contacts": [move.contact_id for move in moves],
        "stages": [move.after for move in moves],
        "before": [move.before for move in moves],
        "after": [move.after for move in moves],
        "facts": [json.dumps(dict(move.facts)) for move in moves],
        "now": now,
        "actor": actor[:80],
        "how": how,
        "reason": reason,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["place"], params)
        cursor.execute(_SQL["log"], params)


def told(
    line: LineSpec, before: int | None, after: int, how: str, reason: str
) -> dict[str, object]:
    """The properties of a "Stage Changed" event; stages by key, "" where there was none."""
    return {
        "line_id": line.id,
        "from": "" if before is None else line.key_of(before),
        "to": line.key_of(after),
        "how": how,
        "reason": reason,
    }
