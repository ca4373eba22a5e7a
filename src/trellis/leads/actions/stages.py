"""Stages themselves: add, change, reorder, archive (L1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import Conflict, InvalidInput
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_rule
from trellis.leads import moves
from trellis.leads.actions import moving, shared
from trellis.leads.compute import gate_json
from trellis.leads.fields import stage_key
from trellis.leads.models import Stage
from trellis.leads.types import PROPOSE
from trellis.rules import usage
from trellis.rules.registry import STAGE
from trellis.rules.types import to_json

KINDS = ("open", "won", "lost", "other")
TEAMS = ("marketing", "mdr", "sdr", "supervisor", "sales")
"""The roles of the funnel (L13): marketing, market validation, sales validation, sales
supervisor, salesperson."""
AUTOMATIC = ("move", PROPOSE)
CHUNK = 5_000
MOST_DAYS = 3_650


@dataclass(frozen=True, kw_only=True)
class StageDraft:
    """A stage as a person sets it (see ``models.Stage``)."""

    name: str
    kind: str = "open"
    team: str = "marketing"
    rule: Mapping[str, Any] | None = None
    automatic: str = "move"
    requires: Sequence[str] = field(default_factory=tuple)
    min_score: int | None = None
    limit_days: int | None = None


def add_stage(
    actor: Actor,
    *,
    key: str,
    name: str,
    after: str,
    kind: str = "open",
    team: str = "marketing",
    rule: Mapping[str, Any] | None = None,
    line: str = "",
    **more: Any,
) -> Stage:
    """Add a stage behind the stage with key ``after`` of a line (L1). ``more`` are the other
    fields of ``StageDraft``. Raises ``Conflict`` where the key is taken, archived stages
    included."""
    require(actor, "stages.write")
    draft = StageDraft(name=name, kind=kind, team=team, rule=rule, **more)
    values = _checked(actor, draft)
    with changing_definitions():
        spec = shared.line_spec(line)
        before = shared.live(spec, after)
        if Stage.objects.filter(line_id=spec.id, key=key).exists():
            raise Conflict(_("There is a stage %(key)s already.") % {"key": key}, stage=key)
        stage = Stage(line_id=spec.id, key=shared.checked_key(key), rank=0, **values)
        at = spec.stages.index(before) + 1
        stage.save()
        _rank([*(s.id for s in spec.stages[:at]), stage.pk, *(s.id for s in spec.stages[at:])])
        audit.record(actor, "stage.add", "stage", stage.pk, stage.name)
        if stage.rule is not None:
            enqueue("pipeline.recompute", once="recompute")
    stage.refresh_from_db()
    return stage


def change_stage(
    actor: Actor, path: str, draft: StageDraft, *, version: int | None = None
) -> Stage:
    """Save everything about a stage at once; its key and place stay. Where rules or the gate
    changed, everybody is derived again in the background. Raises ``RuleError``, and
    ``Conflict`` where somebody saved it since ``version``."""
    require(actor, "stages.write")
    values = _checked(actor, draft)
    with changing_definitions():
        stage = shared.stage_row(path)
        shared.fresh("stage", stage, version, values)
        change = {
            name: [getattr(stage, name), value]
            for name, value in values.items()
            if getattr(stage, name) != value
        }
        if not change:
            return stage
        if "kind" in change and stage.pk == shared.spec_of(stage.line).first.id:
            raise InvalidInput(_("The first stage stays open: leads begin there."))
        for name, value in values.items():
            setattr(stage, name, value)
        stage.version += 1
        stage.rule_broken = ""
        stage.save()
        audit.record(actor, "stage.change", "stage", stage.pk, stage.name, change)
        if change.keys() & {"rule", "automatic", "requires", "min_score", "kind"}:
            enqueue("pipeline.recompute", once="recompute")
    return stage


def rename_stage(actor: Actor, path: str, name: str) -> None:
    """Give a stage another name; its key stays."""
    _change(actor, path, name=name)


def set_stage_rule(actor: Actor, path: str, rule: Mapping[str, Any] | None) -> None:
    """Set, or with None remove, the rule that moves leads into a stage. Everybody is then
    derived again in the background. Raises ``RuleError``."""
    _change(actor, path, rule=rule)


def _change(actor: Actor, path: str, **values: Any) -> None:
    require(actor, "stages.write")
    kept = asdict(draft_of(path))
    change_stage(actor, path, StageDraft(**kept | values))


def draft_of(path: str) -> StageDraft:
    """A stage as it stands, to change some of it. Raises ``NotFound``."""
    stage = shared.stage_row(path)
    return StageDraft(
        name=stage.name,
        kind=stage.kind,
        team=stage.team,
        rule=stage.rule,
        automatic=stage.automatic,
        requires=tuple(stage.requires),
        min_score=stage.min_score,
        limit_days=stage.limit_days,
    )


def _checked(actor: Actor, draft: StageDraft) -> dict[str, Any]:
    if draft.kind not in KINDS:
        raise InvalidInput(
            _("The kind of a stage is one of %(all)s.") % {"all": ", ".join(KINDS)}
        )
    if draft.team not in TEAMS:
        raise InvalidInput(_("The team is one of %(all)s.") % {"all": ", ".join(TEAMS)})
    if draft.automatic not in AUTOMATIC:
        raise InvalidInput(_("A rule does one of %(all)s.") % {"all": ", ".join(AUTOMATIC)})
    if draft.limit_days is not None and not 1 <= draft.limit_days <= MOST_DAYS:
        raise InvalidInput(_("A limit is 1 to %(n)d days.") % {"n": MOST_DAYS})
    if draft.min_score is not None and abs(draft.min_score) > 100_000:
        raise InvalidInput(_("This score is out of reach."))
    requires = list(dict.fromkeys(draft.requires))
    if gate := gate_json(requires, draft.min_score):
        read_rule(actor, gate, level=STAGE)
    rule = draft.rule
    return {
        "name": shared.checked_name(draft.name),
        "kind": draft.kind,
        "team": draft.team,
        "rule": None if rule is None else to_json(read_rule(actor, rule, level=STAGE)),
        "automatic": draft.automatic,
        "requires": requires,
        "min_score": draft.min_score,
        "limit_days": draft.limit_days,
    }


def reorder_stages(actor: Actor, keys: Sequence[str], line: str = "") -> None:
    """Put the live stages of a line into this order; ``keys`` names each of them once."""
    require(actor, "stages.write")
    with changing_definitions():
        spec = shared.line_spec(line)
        ids = {stage.key: stage.id for stage in spec.stages}
        if sorted(keys) != sorted(ids):
            raise InvalidInput(_("The order must name every stage once."))
        _rank([ids[key] for key in keys])
        audit.record(actor, "stage.reorder", "line", spec.id, ", ".join(keys))
        enqueue("pipeline.recompute", once="recompute")


def archive_stage(
    actor: Actor, path: str, to: str, now: datetime, version: int | None = None
) -> int:
    """Take a stage out of use and move its leads to the stage with key ``to`` of the same
    line, where they stay won, lost or open; returns how many. Raises ``Conflict`` while a
    rule reads the stage, and for the first stage."""
    require(actor, "stages.write")
    line_key, key = shared.split(path)
    spec = shared.line_spec(line_key)
    field = stage_key(spec)
    if users := usage.of_stage(key, field):
        raise Conflict(
            _("The stage is used by %(user)s.") % {"user": f"{users[0].kind} {users[0].name}"},
            used_by=[f"{use.kind} {use.name}" for use in users],
        )
    with changing_definitions():
        spec = shared.line_spec(line_key)
        stage, target = shared.live(spec, key), shared.live(spec, shared.split(to)[1])
        shared.fresh("stage", shared.stage_row(path), version, None)
        if stage.id in (target.id, spec.first.id):
            raise Conflict(_("Leads cannot be moved from this stage to that one."))
        rows = db.fetch(moving.SQL["in_stage"], {"line": spec.id, "stage": stage.id})
        reason = _("stage %(name)s archived") % {"name": stage.name}
        for at in range(0, len(rows), CHUNK):
            some = rows[at : at + CHUNK]
            found = [
                moves.Move(contact_id=number, before=stage.id, after=target.id)
                for number, _outcome in some
            ]
            moves.write(spec, found, actor=actor.label, how="hand", reason=reason, now=now)
            moving.bind(spec, found, {})
            moves.keep_outcome(spec, some)
            moving.tell(spec, found, "hand", reason, now, {})
        Stage.objects.filter(pk=stage.id).update(archived_at=now)
        audit.record(
            actor, "stage.archive", "stage", stage.id, f"{len(rows)} leads to {target.key}"
        )
    return len(rows)


def _rank(ids: Sequence[int]) -> None:
    for place, id_ in enumerate(ids, start=1):
        Stage.objects.filter(pk=id_).update(rank=place * 10)
