"""What can be done with leads and stages: the only place where a stage changes by hand,
journey or import, and where stages themselves change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.events.behaviour import read_rule
from trellis.leads import moves
from trellis.leads.models import Line, Stage
from trellis.leads.types import LineSpec, StageSpec
from trellis.rules import usage
from trellis.rules.registry import STAGE
from trellis.rules.types import to_json

_SQL = load("trellis.leads", "moves")

How = Literal["hand", "journey", "import"]
KINDS = ("open", "won", "lost", "other")
CHUNK = 5_000

UNKNOWN = "not known"
GONE = "no such contact"
THERE = "already there"
BACKWARD = "backward without a reason"
"""Why a lead was not moved."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Who moved, and how many did not by reason."""

    contact_ids: tuple[int, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def move_stage(
    actor: Actor,
    contact_ids: Sequence[int],
    to: str,
    how: How,
    reason: str,
    now: datetime,
    *,
    causes: Mapping[int, tuple[int | None, int]] | None = None,
) -> Moved:
    """Move leads of the default line to the stage with key ``to``.

    Contacts that are not known are passed over; a known one without a lead gets one.
    Backward needs a ``reason`` (L11): without one, ``hand`` raises ``InvalidInput`` and the
    others pass over. ``causes`` gives the event and its depth that led here, by contact.
    """
    require(actor, "leads.write")
    with transaction.atomic():
        line = default_line()
        target = _live_stage(line, to)
        ids = sorted(set(contact_ids))
        found, back, skipped = _sort_out(line, target, ids, reason)
        if how == "hand" and skipped[BACKWARD]:
            raise InvalidInput(
                _("Moving a lead back needs a reason."), contacts=skipped[BACKWARD]
            )
        moves.write(line, found, actor=actor.label, how=how, reason=reason, now=now)
        _bind(line, found, back)
        _tell(line, found, how, reason, now, causes or {})
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


def default_line() -> LineSpec:
    """The default line with its live stages. Raises ``NotFound`` where there is none."""
    line = Line.objects.filter(default=True).order_by("id").first()
    if line is None:
        raise NotFound(_("There is no business line."))
    stages = line.stages.filter(archived_at__isnull=True).order_by("rank", "id")
    return LineSpec(
        line.pk, tuple(StageSpec(row.pk, row.key, row.name, row.rank) for row in stages)
    )


def _live_stage(line: LineSpec, key: str) -> StageSpec:
    for stage in line.stages:
        if stage.key == key:
            return stage
    raise NotFound(_("There is no stage %(key)s.") % {"key": key}, stage=key)


def _sort_out(
    line: LineSpec, target: StageSpec, ids: list[int], reason: str
) -> tuple[list[moves.Move], dict[int, int], Counter[str]]:
    """The moves to make, from where leads are moved back, and why others stay."""
    db.run(_SQL["hold"], {"contacts": ids})
    rows = db.fetch(_SQL["held"], {"contacts": ids, "line": line.id})
    found: list[moves.Move] = []
    back: dict[int, int] = {}
    skipped: Counter[str] = Counter({GONE: len(ids) - len(rows)})
    for contact_id, known, before in rows:
        stage = None if before is None else line.stage(before)
        backward = stage is not None and stage.rank > target.rank
        if not known:
            skipped[UNKNOWN] += 1
        elif before == target.id:
            skipped[THERE] += 1
        elif backward and not reason:
            skipped[BACKWARD] += 1
        else:
            found.append(moves.Move(contact_id=contact_id, before=before, after=target.id))
            if backward:
                back[contact_id] = before
    return found, back, skipped


def _bind(line: LineSpec, found: Sequence[moves.Move], back: Mapping[int, int]) -> None:
    params: dict[str, Any] = {
        "line": line.id,
        "contacts": [move.contact_id for move in found],
        "stages": [move.after for move in found],
        "back_from": [back.get(move.contact_id) for move in found],
    }
    if found:
        db.run(_SQL["bind"], params)
        db.run(_SQL["headline"], params)


def _tell(
    line: LineSpec,
    found: Sequence[moves.Move],
    how: str,
    reason: str,
    now: datetime,
    causes: Mapping[int, tuple[int | None, int]],
) -> None:
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


def add_stage(
    actor: Actor,
    *,
    key: str,
    name: str,
    after: str,
    kind: str = "open",
    team: str = "marketing",
    rule: Mapping[str, Any] | None = None,
) -> Stage:
    """Add a stage behind the stage with key ``after`` (L1). Raises ``Conflict`` where the
    key is taken, archived stages included."""
    require(actor, "stages.write")
    if kind not in KINDS:
        raise InvalidInput(
            _("The kind of a stage is one of %(all)s.") % {"all": ", ".join(KINDS)}
        )
    parsed = None if rule is None else to_json(read_rule(actor, rule, level=STAGE))
    with changing_definitions():
        line = default_line()
        before = _live_stage(line, after)
        if Stage.objects.filter(line_id=line.id, key=key).exists():
            raise Conflict(_("There is a stage %(key)s already.") % {"key": key}, stage=key)
        stage = Stage(
            line_id=line.id,
            key=_key(key),
            name=_name(name),
            kind=kind,
            team=team[:20],
            rule=parsed,
        )
        at = line.stages.index(before) + 1
        stage.rank = 0
        stage.save()
        _rank([*(s.id for s in line.stages[:at]), stage.pk, *(s.id for s in line.stages[at:])])
        audit.record(actor, "stage.add", "stage", stage.pk, stage.name)
        if parsed is not None:
            enqueue("pipeline.recompute", once="recompute")
    stage.refresh_from_db()
    return stage


def rename_stage(actor: Actor, key: str, name: str) -> None:
    """Give a stage another name; its key stays."""
    require(actor, "stages.write")
    with changing_definitions():
        stage = _row(key)
        audit.record(
            actor, "stage.rename", "stage", stage.pk, name, {"name": [stage.name, name]}
        )
        stage.name = _name(name)
        stage.save(update_fields=["name"])


def reorder_stages(actor: Actor, keys: Sequence[str]) -> None:
    """Put the live stages into this order; ``keys`` names each of them once."""
    require(actor, "stages.write")
    with changing_definitions():
        line = default_line()
        ids = {stage.key: stage.id for stage in line.stages}
        if sorted(keys) != sorted(ids):
            raise InvalidInput(_("The order must name every stage once."))
        _rank([ids[key] for key in keys])
        audit.record(actor, "stage.reorder", "line", line.id, ", ".join(keys))
        enqueue("pipeline.recompute", once="recompute")


def set_stage_rule(actor: Actor, key: str, rule: Mapping[str, Any] | None) -> None:
    """Set, or with None remove, the rule that moves leads into a stage. Everybody is then
    derived again in the background. Raises ``RuleError``."""
    require(actor, "stages.write")
    parsed = None if rule is None else to_json(read_rule(actor, rule, level=STAGE))
    with changing_definitions():
        stage = _row(key)
        audit.record(
            actor, "stage.rule", "stage", stage.pk, stage.name, {"rule": [stage.rule, parsed]}
        )
        stage.rule, stage.rule_broken = parsed, ""
        stage.save(update_fields=["rule", "rule_broken"])
        if parsed is not None:
            enqueue("pipeline.recompute", once="recompute")


def archive_stage(actor: Actor, key: str, to: str, now: datetime) -> int:
    """Take a stage out of use and move its leads to the stage with key ``to``; returns how
    many. Raises ``Conflict`` while a rule reads the stage, and for the first stage."""
    require(actor, "stages.write")
    if users := usage.of_stage(key):
        raise Conflict(
            _("The stage is used by %(user)s.") % {"user": f"{users[0].kind} {users[0].name}"},
            used_by=[f"{use.kind} {use.name}" for use in users],
        )
    with changing_definitions():
        line = default_line()
        stage, target = _live_stage(line, key), _live_stage(line, to)
        if stage.id in (target.id, line.first.id):
            raise Conflict(_("Leads cannot be moved from this stage to that one."))
        ids = [
            number
            for (number,) in db.fetch(_SQL["in_stage"], {"line": line.id, "stage": stage.id})
        ]
        reason = f"stage {stage.name} archived"
        for at in range(0, len(ids), CHUNK):
            found = [
                moves.Move(contact_id=number, before=stage.id, after=target.id)
                for number in ids[at : at + CHUNK]
            ]
            moves.write(line, found, actor=actor.label, how="hand", reason=reason, now=now)
            _bind(line, found, {})
            _tell(line, found, "hand", reason, now, {})
        Stage.objects.filter(pk=stage.id).update(archived_at=now)
        audit.record(
            actor, "stage.archive", "stage", stage.id, f"{len(ids)} leads to {target.key}"
        )
    return len(ids)


def _row(key: str) -> Stage:
    stage = Stage.objects.filter(line__default=True, key=key, archived_at__isnull=True).first()
    if stage is None:
        raise NotFound(_("There is no stage %(key)s.") % {"key": key}, stage=key)
    return stage


def _rank(ids: Sequence[int]) -> None:
    for place, id_ in enumerate(ids, start=1):
        Stage.objects.filter(pk=id_).update(rank=place * 10)


def _key(key: str) -> str:
    if not key or len(key) > 64 or not key.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(_("A key has letters, digits and hyphens."), key=key)
    return key


def _name(name: str) -> str:
    found = name.strip()
    if not 0 < len(found) <= 120:
        raise InvalidInput(_("A name has 1 to 120 characters."), name=name)
    return found
