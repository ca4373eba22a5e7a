"""Moving leads between stages: by hand, journey or import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.leads import gates, moves
from trellis.leads.actions import shared
from trellis.leads.types import DISQUALIFIED, LOST, LineSpec, StageSpec

SQL = load("trellis.leads", "moves")

How = Literal["hand", "journey", "import"]
Causes = Mapping[int, tuple[int | None, int]]

UNKNOWN = "not known"
GONE = "no such contact"
THERE = "already there"
BACKWARD = "backward without a reason"
ENDED = "ended, and no reason to open it"
GATE = "does not pass the gate"
"""Why a lead was not moved."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Who moved, and how many did not by reason."""

    contact_ids: tuple[int, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


class Held(NamedTuple):
    """A contact with its lead, locked. ``stage_id`` None: it has no lead; ``version`` 0."""

    contact_id: int
    known: bool
    stage_id: int | None
    outcome: str
    version: int


def move_stage(
    actor: Actor,
    contact_ids: Sequence[int],
    to: str,
    how: How,
    reason: str,
    now: datetime,
    *,
    causes: Causes | None = None,
    anyway: bool = False,
) -> Moved:
    """Move leads to the stage at path ``to`` (``stage`` or ``line/stage``).

    Contacts that are not known are passed over; a known one without a lead gets one.
    Backward, and out of lost or disqualified, needs a ``reason`` (L11): without one, ``hand``
    raises ``InvalidInput`` and the others pass over. Who does not pass the gate of the stage
    stays (S6), unless ``anyway`` with a reason; imports know better. ``hand`` raises
    ``gates.Blocked`` for a single lead. ``causes``: the event and its depth, by contact.
    """
    require(actor, "leads.write")
    with transaction.atomic():
        line, target = shared.find(to)
        held, gone = hold(line, contact_ids)
        ids = [row.contact_id for row in held if row.known]
        barred = _barred(target, ids, how, reason if anyway else "", now)
        found, back, skipped = _sort_out(line, target, held, reason, barred)
        skipped[GONE] += gone
        if how == "hand":
            _refuse(skipped, target, held, barred, now)
        moves.write(line, found, actor=actor.label, how=how, reason=reason, now=now)
        bind(line, found, back)
        settle_proposals(line, ids, actor, target, now)
        tell(line, found, how, reason, now, causes or {})
        if how == "hand" and found:
            audit.record(
                actor,
                "lead.move",
                "stage",
                target.id,
                f"{len(found)} to {target.key}",
                {"contacts": [move.contact_id for move in found[:100]], "reason": reason},
            )
    return Moved(
        contact_ids=tuple(move.contact_id for move in found),
        skipped={why: n for why, n in skipped.items() if n},
    )


def add_leads(
    actor: Actor, contact_ids: Sequence[int], line: str, how: How, now: datetime
) -> Moved:
    """Make contacts leads in a line (D10): in its first stage; who is one already stays."""
    spec = shared.line_spec(line)
    held = {row.contact_id for row in hold(spec, contact_ids)[0] if row.stage_id is not None}
    fresh = [number for number in contact_ids if number not in held]
    path = spec.path(spec.first.id)
    made = move_stage(actor, fresh, path, how, "", now, anyway=False)
    skipped = Counter(made.skipped) + Counter({THERE: len(set(contact_ids)) - len(set(fresh))})
    return Moved(contact_ids=made.contact_ids, skipped={k: n for k, n in skipped.items() if n})


def hold(line: LineSpec, contact_ids: Sequence[int]) -> tuple[list[Held], int]:
    """Lock contacts as a batch does; those there are, and how many are gone."""
    ids = sorted(set(contact_ids))
    db.run(SQL["hold"], {"contacts": ids})
    rows = db.fetch(SQL["held"], {"contacts": ids, "line": line.id})
    return [Held(*row) for row in rows], len(ids) - len(rows)


def _barred(
    target: StageSpec, ids: Sequence[int], how: How, anyway: str, now: datetime
) -> Set[int]:
    gate = None if anyway or how == "import" else gates.rule_of(target.id)
    return set() if gate is None else set(ids) - gates.passing(gate, ids, now)


def _sort_out(
    line: LineSpec, target: StageSpec, held: Sequence[Held], reason: str, barred: Set[int]
) -> tuple[list[moves.Move], dict[int, int], Counter[str]]:
    """The moves to make, from where leads are moved back, and why others stay."""
    found: list[moves.Move] = []
    back: dict[int, int] = {}
    skipped: Counter[str] = Counter()
    for row in held:
        before = row.stage_id
        stage = None if before is None else line.stage(before)
        backward = stage is not None and stage.rank > target.rank
        if not row.known:
            skipped[UNKNOWN] += 1
        elif before == target.id and row.outcome in ("", target.outcome):
            skipped[THERE] += 1
        elif backward and not reason:
            skipped[BACKWARD] += 1
        elif row.outcome in (LOST, DISQUALIFIED) and not reason:
            skipped[ENDED] += 1
        elif row.contact_id in barred and not backward:
            skipped[GATE] += 1
        else:
            found.append(moves.Move(contact_id=row.contact_id, before=before, after=target.id))
            if backward:
                assert before is not None, "a stage was read from it"
                back[row.contact_id] = before
    return found, back, skipped


def _refuse(
    skipped: Counter[str],
    target: StageSpec,
    held: Sequence[Held],
    barred: Set[int],
    now: datetime,
) -> None:
    if skipped[BACKWARD]:
        raise InvalidInput(_("Moving a lead back needs a reason."), contacts=skipped[BACKWARD])
    if skipped[ENDED]:
        raise InvalidInput(
            _("The lead has ended; opening it again needs a reason."), contacts=skipped[ENDED]
        )
    if skipped[GATE] and len(held) == 1:
        raise gates.blocked(target.id, target.name, held[0].contact_id, now)


def bind(line: LineSpec, found: Sequence[moves.Move], back: Mapping[int, int]) -> None:
    """Note what was moved back, and mirror the default line into the standings."""
    params: dict[str, Any] = {
        "line": line.id,
        "contacts": [move.contact_id for move in found],
        "stages": [move.after for move in found],
        "back_from": [back.get(move.contact_id) for move in found],
    }
    if found:
        db.run(SQL["bind"], params)
        if line.default:
            db.run(SQL["headline"], params)


def settle_proposals(
    line: LineSpec, ids: Sequence[int], actor: Actor, target: StageSpec, now: datetime
) -> None:
    """A lead that is moved to, or beyond, the stage it is proposed for was accepted."""
    rows = db.fetch(SQL["open_proposals"], {"contacts": list(ids), "line": line.id})
    reached = [
        row[0] for row in rows if (stage := line.stage(row[2])) and stage.rank <= target.rank
    ]
    if reached:
        scope = {"contacts": reached, "line": line.id, "now": now}
        said = {"state": "accepted", "actor": actor.label, "reason": ""}
        db.run(SQL["settle_proposals"], scope | said)
        db.run(
            SQL["propose"],
            scope | {"stages": [None] * len(reached), "forget": [False] * len(reached)},
        )


def tell(
    line: LineSpec,
    found: Sequence[moves.Move],
    how: str,
    reason: str,
    now: datetime,
    causes: Causes,
) -> None:
    """State the moves as facts."""
    facts = []
    for move in found:
        cause, depth = causes.get(move.contact_id, (None, -1))
        facts.append(
            inbox.system_fact(
                move.contact_id,
                names.STAGE_CHANGED,
                moves.told(line, move.before, move.after, how, reason),
                at=now.timestamp(),
                cause=cause,
                depth=depth + 1,
            )
        )
    inbox.put(facts)
