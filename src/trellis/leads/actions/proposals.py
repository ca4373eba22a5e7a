"""Deciding about proposals (S9): "ready to be sent on?" """

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.events import inbox, names
from trellis.leads import moves
from trellis.leads.actions import shared
from trellis.leads.actions.moving import SQL, Moved, hold, move_stage

SETTLED = "not proposed any more"


def accept(actor: Actor, contact_ids: Sequence[int], now: datetime, *, line: str = "") -> Moved:
    """Move leads to the stage that they are proposed for. Those that are not proposed any
    more are passed over, and so are those whom the gate stops by now."""
    require(actor, "leads.write")
    with transaction.atomic():
        spec = shared.line_spec(line)
        hold(spec, contact_ids)
        rows = db.fetch(
            SQL["open_proposals"], {"contacts": sorted(set(contact_ids)), "line": spec.id}
        )
        wanted: dict[int, list[int]] = {}
        for contact_id, _number, stage_id, *_marks in rows:
            wanted.setdefault(stage_id, []).append(contact_id)
        moved: list[int] = []
        skipped: dict[str, int] = {}
        for stage_id, numbers in wanted.items():
            done = move_stage(actor, numbers, spec.path(stage_id), "hand", "", now)
            moved += done.contact_ids
            for why, n in done.skipped.items():
                skipped[why] = skipped.get(why, 0) + n
        if rest := len(set(contact_ids)) - len(rows):
            skipped[SETTLED] = rest
    return Moved(contact_ids=tuple(sorted(moved)), skipped=skipped)


def refuse(
    actor: Actor, contact_ids: Sequence[int], reason: str, now: datetime, *, line: str = ""
) -> Moved:
    """Reject proposals with a reason. The same is not proposed again until the facts
    change: another temperature or grade, or the rule stops holding in between."""
    require(actor, "leads.write")
    said = reason.strip()[:300]
    if not said:
        raise InvalidInput(_("Rejecting a proposal needs a reason."))
    with transaction.atomic():
        spec = shared.line_spec(line)
        hold(spec, contact_ids)
        scope = {"contacts": sorted(set(contact_ids)), "line": spec.id}
        rows = db.fetch(SQL["open_proposals"], scope)
        numbers = [row[0] for row in rows]
        marks = [f"{stage}:{warmth}:{grade}" for _c, _p, stage, warmth, grade in rows]
        db.run(
            SQL["settle_proposals"],
            {"contacts": numbers, "line": spec.id, "now": now}
            | {"state": "refused", "actor": actor.label, "reason": said},
        )
        db.run(SQL["refuse"], {"contacts": numbers, "line": spec.id, "refused": marks})
        inbox.put(
            [
                inbox.system_fact(
                    contact_id,
                    names.PROPOSAL_REFUSED,
                    moves.told(spec, None, stage_id, "hand", said),
                    at=now.timestamp(),
                )
                for contact_id, _number, stage_id, *_marks in rows
                if spec.stage(stage_id)
            ]
        )
        if numbers:
            audit.record(
                actor, "proposal.refuse", "line", spec.id, f"{len(numbers)}: {said}",
                {"contacts": numbers[:100]},
            )  # fmt: skip
    rest = len(set(contact_ids)) - len(numbers)
    return Moved(contact_ids=tuple(numbers), skipped={SETTLED: rest} if rest else {})
