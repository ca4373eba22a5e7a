"""What can be done with score models: look at a change, save it, make a model the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_draft, read_rule
from trellis.events.models import Signal
from trellis.rules import registry
from trellis.rules.registry import SCORE
from trellis.rules.types import Rule, to_json
from trellis.scoring import compute
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.preview import Impact, impact
from trellis.scoring.types import BUCKETS, OCCURRENCE, POINTS_LIMIT, VALUE


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """A score rule as a person wrote it; see ``models.ScoreRule``. ``signal`` is a key."""

    name: str
    bucket: str
    points: int
    rule: Mapping[str, Any] | None = None
    signal: str = ""
    per: str = OCCURRENCE
    cap: int | None = None
    window_days: int | None = None
    decay_days: int | None = None
    priority: int = 100
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelDraft:
    """The settings of a model; None leaves a setting as it is."""

    name: str | None = None
    warm_from: int | None = None
    hot_from: int | None = None
    caps: Mapping[str, int] | None = None
    grades: Mapping[str, list[int]] | None = None


def add_model(actor: Actor, draft: ModelDraft) -> ScoreModel:
    """Make another model, without rules. Only the default one fills the standings."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = ScoreModel(name="")
        _apply(model, draft)
        if not model.name:
            raise InvalidInput(_("A model needs a name."))
        model.save()
        audit.record(actor, "score_model.add", "score_model", model.pk, model.name)
    return model


def save_model(actor: Actor, model_id: int, draft: ModelDraft) -> ScoreModel:
    """Change thresholds, caps and borders; everybody is then scored again in the background."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = _model(model_id)
        before = _settings(model)
        _apply(model, draft)
        model.save()
        change = {k: [before[k], v] for k, v in _settings(model).items() if v != before[k]}
        if change:
            audit.record(
                actor, "score_model.update", "score_model", model.pk, model.name, change
            )
            _recompute(model)
    return model


def make_default(actor: Actor, model_id: int) -> None:
    """Let this model fill the standings from now on; everybody is scored again."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = _model(model_id)
        ScoreModel.objects.filter(default=True).update(default=False)
        model.default = True
        model.save(update_fields=["default"])
        audit.record(actor, "score_model.default", "score_model", model.pk, model.name)
        _recompute(model)


def save_rule(
    actor: Actor, model_id: int, draft: RuleDraft, rule_id: int | None = None
) -> ScoreRule:
    """Add a rule to a model, or change one; everybody is then scored again in the
    background. Raises ``RuleError`` and ``InvalidInput``."""
    require(actor, "scoring.write")
    parsed = None if draft.rule is None else read_rule(actor, draft.rule, level=SCORE)
    with changing_definitions():
        model = _model(model_id)
        row = ScoreRule(model=model) if rule_id is None else _rule(model, rule_id)
        verb = "score_rule.add" if rule_id is None else "score_rule.update"
        _fill(row, draft, parsed)
        row.broken = ""
        row.save()
        audit.record(actor, verb, "score_rule", row.pk, row.name, {"points": row.points})
        _recompute(model)
    return row


def delete_rule(actor: Actor, model_id: int, rule_id: int) -> None:
    """Take a rule out of a model; everybody is then scored again in the background."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = _model(model_id)
        row = _rule(model, rule_id)
        audit.record(actor, "score_rule.delete", "score_rule", row.pk, row.name)
        row.delete()
        _recompute(model)


def preview_rule(
    actor: Actor, model_id: int, draft: RuleDraft, now: datetime, rule_id: int | None = None
) -> Impact:
    """What saving this rule would change."""
    require(actor, "scoring.read")
    model = _model(model_id)
    parsed = None if draft.rule is None else read_draft(draft.rule, level=SCORE)
    rows = [row for row in model.rules.filter(active=True) if row.pk != rule_id]
    row = ScoreRule(model=model, pk=rule_id)
    _fill(row, draft, parsed)
    return _impact(model, [*rows, row] if draft.active else rows, now)


def preview_model(actor: Actor, model_id: int, draft: ModelDraft, now: datetime) -> Impact:
    """What saving these settings, or making this model the default, would change."""
    require(actor, "scoring.read")
    model = _model(model_id)
    _apply(model, draft)
    return _impact(model, list(model.rules.filter(active=True)), now)


def preview_without(actor: Actor, model_id: int, rule_id: int, now: datetime) -> Impact:
    """What deleting a rule would change."""
    require(actor, "scoring.read")
    model = _model(model_id)
    rows = [row for row in model.rules.filter(active=True) if row.pk != rule_id]
    return _impact(model, rows, now)


def _impact(model: ScoreModel, rows: list[ScoreRule], now: datetime) -> Impact:
    fields = registry.snapshot()
    spec, _broken = compute.spec_of(model, rows, fields)
    return impact(spec, now, fields)


def _recompute(model: ScoreModel) -> None:
    if model.default:
        ScoreModel.objects.filter(pk=model.pk).update(progress=0)
        enqueue("pipeline.recompute", once="recompute")


def _model(model_id: int) -> ScoreModel:
    found = ScoreModel.objects.filter(pk=model_id).first()
    if found is None:
        raise NotFound(_("There is no such score model."), model_id=model_id)
    return found


def _rule(model: ScoreModel, rule_id: int) -> ScoreRule:
    found = model.rules.filter(pk=rule_id).first()
    if found is None:
        raise NotFound(_("There is no such score rule."), rule_id=rule_id)
    return found


def _settings(model: ScoreModel) -> dict[str, Any]:
    names = ("name", "warm_from", "hot_from", "caps", "grades")
    return {name: getattr(model, name) for name in names}


def _apply(model: ScoreModel, draft: ModelDraft) -> None:
    for name in ("name", "warm_from", "hot_from"):
        value = getattr(draft, name)
        if value is not None:
            setattr(model, name, value if name == "name" else _bounded(value, name))
    if draft.caps is not None:
        model.caps = {key: _bounded(cap, key) for key, cap in draft.caps.items()}
    if draft.grades is not None:
        model.grades = {key: list(borders) for key, borders in draft.grades.items()}
    _check_model(model)


def _check_model(model: ScoreModel) -> None:
    if model.warm_from >= model.hot_from:
        raise InvalidInput(_("Warm must begin below hot."), field="warm_from")
    if set(model.caps) - set(BUCKETS):
        raise InvalidInput(_("A cap names a bucket."), field="caps")
    for key, borders in model.grades.items():
        good = key in ("fit", "engagement") and len(borders) == 2
        if not good or not all(isinstance(border, int) for border in borders):
            raise InvalidInput(_("Fit and engagement have two borders each."), field="grades")
        if borders[0] <= borders[1]:
            raise InvalidInput(_("The better grade begins higher."), field="grades")


def _fill(row: ScoreRule, draft: RuleDraft, parsed: Rule | None) -> None:
    if draft.bucket not in BUCKETS:
        raise InvalidInput(
            _("The bucket is one of %(all)s.") % {"all": ", ".join(BUCKETS)}, field="bucket"
        )
    if draft.per not in (OCCURRENCE, VALUE):
        raise InvalidInput(_("Points are per occurrence or per value."), field="per")
    if parsed is None and not draft.signal:
        raise InvalidInput(_("A score rule needs a condition or a signal."), field="rule")
    row.name = draft.name.strip()[:120]
    row.bucket, row.per = draft.bucket, draft.per
    row.points = _bounded(draft.points, "points")
    row.rule = None if parsed is None else to_json(parsed)
    row.signal_id = _signal(draft.signal) if draft.signal else None
    row.cap = None if draft.cap is None else _bounded(draft.cap, "cap")
    row.window_days = _days(draft.window_days, "window_days")
    row.decay_days = _days(draft.decay_days, "decay_days")
    row.priority, row.active = _bounded(draft.priority, "priority"), draft.active
    if not row.name:
        raise InvalidInput(_("A score rule needs a name."), field="name")


def _signal(key: str) -> int:
    found = Signal.objects.filter(key=key).exclude(status="broken").first()
    if found is None:
        raise InvalidInput(_("There is no signal %(key)s.") % {"key": key}, field="signal")
    return int(found.pk)


def _bounded(value: int, field: str) -> int:
    if abs(value) > POINTS_LIMIT:
        raise InvalidInput(_("Points are whole numbers of a million at most."), field=field)
    return value


def _days(value: int | None, field: str) -> int | None:
    if value is not None and not 0 < value <= 3_650:
        raise InvalidInput(_("A number of days is from 1 to 3650."), field=field)
    return value
