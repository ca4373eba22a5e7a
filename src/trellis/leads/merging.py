"""What a merge of two contacts does to their leads: the stage that is further along stays,
and the history says that a merge moved it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from trellis.core import clock, db
from trellis.core.sql import load
from trellis.events import names
from trellis.leads.models import Lead, Line, Stage, StageMove
from trellis.people import told
from trellis.people.registry import Left

HOW = "merge"
_SQL = load("trellis.leads", "merging")


class Step(NamedTuple):
    """One lead that a merge (or its undoing) moves between stages."""

    contact_id: int
    before: Stage
    after: Stage
    reason: str
    loser_id: int


def further(one: Stage | None, other: Stage | None) -> bool:
    """Whether ``one`` is further along than ``other``: a stage on the path before one
    beside it, a later one before an earlier one."""
    if one is None or other is None or one.line_id != other.line_id:
        return False
    return (one.kind != "other", one.rank) > (other.kind != "other", other.rank)


def merged(left: Sequence[Left], now: datetime, actor: str) -> None:
    """Give winners the stage of their loser where that is further along; each line for
    itself, in the transaction of the merge."""
    if not left:
        return
    stages = Stage.objects.in_bulk()
    own = _leads([winner for winner, _, _ in left])
    steps = []
    for winner, loser, rows in left:
        for row in rows:
            lead = own.get((winner, row["line_id"]))
            after = stages.get(row["stage_id"])
            before = stages.get(lead.stage_id) if lead is not None else None
            if lead is None or after is None or before is None or not further(after, before):
                continue
            lead.stage_id = after.pk
            reason = f"#{loser} was further along"
            steps.append(Step(winner, before, after, reason, loser))
    _write(steps, now, actor)


def undone(winner: int, loser: int) -> None:
    """Take back the move that the merge made, unless the lead was moved since."""
    stages = Stage.objects.in_bulk()
    own = _leads([winner])
    steps = []
    for move in StageMove.objects.filter(contact_id=winner, how=HOW, facts__loser_id=loser):
        lead = own.get((winner, move.line_id))
        back = stages.get(move.from_stage_id or 0)
        if lead is not None and back is not None and lead.stage_id == move.to_stage_id:
            here = stages[lead.stage_id]
            lead.stage_id = back.pk
            steps.append(Step(winner, here, back, "the merge was undone", 0))
    _write(steps, clock.now(), "system")


def stays(winner: int, loser: int) -> list[tuple[Stage, Stage]]:
    """For each line in which both have a lead: the stage that a merge would leave, and the
    one that it would give up; for a preview."""
    stages = Stage.objects.in_bulk()
    leads = _leads([winner, loser])
    found = []
    for (number, line_id), lead in leads.items():
        other = leads.get((loser, line_id))
        if number != winner or other is None:
            continue
        mine, theirs = stages.get(lead.stage_id), stages.get(other.stage_id)
        if mine is None or theirs is None:
            continue
        found.append((theirs, mine) if further(theirs, mine) else (mine, theirs))
    return found


def _leads(contact_ids: Sequence[int]) -> dict[tuple[int, int], Lead]:
    rows = Lead.objects.filter(contact_id__in=list(contact_ids))
    return {(row.contact_id, row.line_id): row for row in rows}


def _write(steps: Sequence[Step], now: datetime, actor: str) -> None:
    if not steps:
        return
    default = Line.objects.filter(default=True).order_by("id").values_list("pk", flat=True)
    args: Mapping[str, Any] = {
        "contacts": [step.contact_id for step in steps],
        "lines": [step.after.line_id for step in steps],
        "before": [step.before.pk for step in steps],
        "after": [step.after.pk for step in steps],
        "reasons": [step.reason for step in steps],
        "facts": [json.dumps({"loser_id": step.loser_id}) for step in steps],
        "now": now,
        "actor": actor[:80],
        "default": default.first(),
    }
    for block in ("place", "log", "headline"):
        db.run(_SQL[block], args)
    for step in steps:
        props = {
            "line_id": step.after.line_id,
            "from": step.before.key,
            "to": step.after.key,
            "how": HOW,
            "reason": step.reason,
        }
        told.tell(step.contact_id, names.STAGE_CHANGED, props)
