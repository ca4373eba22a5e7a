"""Writes what happens to leads: the lead, the history, the standing, proposals. Decides
nothing; people decide in ``leads.actions``, rules in ``pipeline.derive``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.core.sql import load
from trellis.events import names
from trellis.leads.types import DISQUALIFIED, LOST, LineSpec

_SQL = load("trellis.leads", "moves")


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One lead from a stage (None: there was no lead) to another, with the facts that
    decided it and the event that caused it."""

    contact_id: int
    before: int | None
    after: int
    facts: Mapping[str, object] = field(default_factory=dict)
    cause: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One lead that ends in its ``stage`` as lost or disqualified, for a reason of the list
    (None: none), or is opened again (``outcome`` "")."""

    contact_id: int
    stage: int
    outcome: str
    reason_id: int | None = None
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    cause: int | None = None


def write(
    line: LineSpec, moves: Sequence[Move], *, actor: str, how: str, reason: str, now: datetime
) -> None:
    """Place the leads and append to their history, in the caller's transaction."""
    if not moves:
        return
    outcome = {stage.id: stage.outcome for stage in line.stages}
    params: dict[str, Any] = {
        "line": line.id,
        "contacts": [move.contact_id for move in moves],
        "stages": [move.after for move in moves],
        "outcomes": [outcome[move.after] for move in moves],
        "before": [move.before for move in moves],
        "after": [move.after for move in moves],
        "facts": [json.dumps(dict(move.facts)) for move in moves],
        "causes": [move.cause for move in moves],
        "reason_texts": [reason] * len(moves),
        "now": now,
        "actor": actor[:80],
        "how": how,
    }
    db.run(_SQL["place"], params)
    db.run(_SQL["log"], params)


def end(line: LineSpec, ends: Sequence[End], *, actor: str, how: str, now: datetime) -> None:
    """End leads, or open them again, and append to their history."""
    if not ends:
        return
    params: dict[str, Any] = {
        "line": line.id,
        "contacts": [item.contact_id for item in ends],
        "outcomes": [item.outcome for item in ends],
        "reasons": [item.reason_id for item in ends],
        "before": [item.stage for item in ends],
        "after": [item.stage for item in ends],
        "facts": [json.dumps(dict(item.facts)) for item in ends],
        "causes": [item.cause for item in ends],
        "reason_texts": [item.reason for item in ends],
        "now": now,
        "actor": actor[:80],
        "how": how,
    }
    db.run(_SQL["end"], params)
    db.run(_SQL["log"], params)


def keep_outcome(line: LineSpec, before: Sequence[tuple[int, str]]) -> None:
    """Leads that were moved for another reason than success stay won, lost or open, as
    ``before`` says by contact."""
    params = {
        "line": line.id,
        "contacts": [contact_id for contact_id, _outcome in before],
        "outcomes": [outcome for _contact_id, outcome in before],
    }
    db.run(_SQL["keep_outcome"], params)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """That a lead is proposed for a stage from now on (None: for none any more);
    ``forget``: what was refused before may be proposed again."""

    contact_id: int
    before: int | None
    stage: int | None
    changed: bool
    forget: bool
    facts: Mapping[str, object] = field(default_factory=dict)


def propose(line: LineSpec, found: Sequence[Proposed], now: datetime) -> None:
    """Write proposals that rules make and withdraw."""
    if not found:
        return
    changed = [item for item in found if item.changed]
    new = [item for item in changed if item.stage is not None]
    scope: dict[str, Any] = {"line": line.id, "now": now}
    db.run(
        _SQL["propose"],
        scope
        | {
            "contacts": [item.contact_id for item in found],
            "stages": [item.stage for item in found],
            "forget": [item.forget for item in found],
        },
    )
    if changed:
        db.run(_SQL["withdraw"], scope | {"contacts": [item.contact_id for item in changed]})
    if new:
        db.run(
            _SQL["put_proposals"],
            scope
            | {
                "contacts": [item.contact_id for item in new],
                "before": [item.before for item in new],
                "stages": [item.stage for item in new],
                "facts": [json.dumps(dict(item.facts)) for item in new],
            },
        )


def told(
    line: LineSpec, before: int | None, after: int, how: str, reason: str
) -> dict[str, object]:
    """The properties of a "Stage Changed" event; stages by path, "" where there was none."""
    return {
        "line_id": line.id,
        "line": line.key,
        "from": "" if before is None else line.path(before),
        "to": line.path(after),
        "how": how,
        "reason": reason,
    }


ENDED = {"": names.LEAD_REOPENED, LOST: names.LEAD_LOST, DISQUALIFIED: names.LEAD_DISQUALIFIED}
"""Outcome to the event that tells it."""


def told_end(line: LineSpec, item: End, how: str) -> dict[str, object]:
    """The properties of the event that tells how a lead ended, or was opened again."""
    return {
        "line_id": line.id,
        "line": line.key,
        "stage": line.path(item.stage),
        "how": how,
        "reason": item.reason,
    }
