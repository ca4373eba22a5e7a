"""What can be done with score models: look at a change, save it, copy, switch, make a model
the default, score everybody again. Edits that are published together: ``drafts``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_draft, read_rule
from trellis.rules import registry, usage
from trellis.rules.registry import SCORE
from trellis.scoring import compute, drafting
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.preview import Impact, impact


def add_model(actor: Actor, draft: ModelDraft) -> ScoreModel:
    """Make another model, without rules. Only the default one fills the standings."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = ScoreModel(name="", changed_by=actor.name)
        drafting.apply(model, draft)
        model.key = drafting.new_key(model.name, draft.key)
        model.save()
        audit.record(actor, "score_model.add", "score_model", model.pk, model.name)
    return model


def copy_model(actor: Actor, model_id: int, name: str = "") -> ScoreModel:
    """Make a model like another, with all its rules; switched off, to be worked on."""
    require(actor, "scoring.write")
    with changing_definitions():
        source = find_model(model_id)
        values = drafting.settings_of(source)
        values["name"] = name.strip() or _("Copy of %(name)s") % {"name": source.name}
        model = ScoreModel(**values, active=False, changed_by=actor.name)
        model.key = drafting.new_key(model.name, None)
        model.save()
        ScoreRule.objects.bulk_create(
            ScoreRule(model=model, changed_by=actor.name, **drafting.rule_values(row))
            for row in source.rules.all()
        )
        audit.record(
            actor, "score_model.copy", "score_model", model.pk, model.name, {"of": source.key}
        )
    return model


def switch_model(actor: Actor, model_id: int, on: bool) -> ScoreModel:
    """Compute a model from now on, or no longer. The default one is always on; one that
    rules read is not switched off. Raises ``Conflict``."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = find_model(model_id)
        if not on:
            _refuse_used(model)
        model.active = on
        model.save(update_fields=["active"])
        audit.record(
            actor, "score_model.switch", "score_model", model.pk, model.name, {"on": on}
        )
        score_everybody(model)
    return model


def delete_model(actor: Actor, model_id: int, version: int | None = None) -> None:
    """Delete a model with its rules, scores and history. Raises ``Conflict`` where it is
    the default one or in use."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = find_model(model_id)
        drafting.check_version(version, model, {}, None)
        _refuse_used(model)
        audit.record(actor, "score_model.delete", "score_model", model.pk, model.name)
        enqueue("scoring.forget_model", model_id=model.pk)
        model.delete()


def save_model(
    actor: Actor, model_id: int, draft: ModelDraft, version: int | None = None
) -> ScoreModel:
    """Change thresholds, caps, groups and borders; everybody is then scored again in the
    background. ``version`` is the one the change was made to
    (``accounts.versions``)."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = find_model(model_id)
        before = drafting.settings_of(model)
        drafting.apply(model, draft)
        wanted = drafting.settings_of(model)
        drafting.check_version(version, model, before, wanted)
        if change := drafting.difference(before, wanted):
            write_model(actor, model, change)
            score_everybody(model)
    return model


def write_model(actor: Actor, model: ScoreModel, change: dict[str, list[object]]) -> None:
    """Save settings that differ, in a change of definitions."""
    model.version += 1
    model.changed_by, model.changed_at = actor.name, clock.now()
    model.save()
    audit.record(actor, "score_model.update", "score_model", model.pk, model.name, dict(change))
    known = {(group["key"], group["bucket"]) for group in model.groups}
    for row in model.rules.exclude(group=""):
        if (row.group, row.bucket) not in known:
            ScoreRule.objects.filter(pk=row.pk).update(group="")


def make_default(actor: Actor, model_id: int) -> None:
    """Let this model fill the standings from now on; everybody is scored again. The one
    that did so far goes on beside it."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = find_model(model_id)
        ScoreModel.objects.filter(default=True).update(default=False)
        model.default = model.active = True
        model.save(update_fields=["default", "active"])
        audit.record(actor, "score_model.default", "score_model", model.pk, model.name)
        score_everybody(model)


def save_rule(
    actor: Actor,
    model_id: int,
    draft: RuleDraft,
    rule_id: int | None = None,
    version: int | None = None,
) -> ScoreRule:
    """Add a rule to a model, or change one; everybody is then scored again in the
    background. ``version`` as in ``save_model``. Raises ``RuleError`` and ``InvalidInput``."""
    require(actor, "scoring.write")
    parsed = None if draft.rule is None else read_rule(actor, draft.rule, level=SCORE)
    with changing_definitions():
        model = find_model(model_id)
        row = ScoreRule(model=model) if rule_id is None else find_rule(model, rule_id)
        before = drafting.rule_values(row)
        drafting.fill(row, draft, parsed, model)
        drafting.check_version(version, row, before, drafting.rule_values(row))
        write_rule(actor, row)
        score_everybody(model)
    return row


def write_rule(actor: Actor, row: ScoreRule) -> None:
    """Save a rule, in a change of definitions."""
    fresh = row._state.adding
    verb = "score_rule.add" if fresh else "score_rule.update"
    row.version += 0 if fresh else 1
    row.changed_by, row.changed_at = actor.name, clock.now()
    row.broken = ""
    row.save()
    audit.record(actor, verb, "score_rule", row.pk, row.name, {"points": row.points})


def delete_rule(actor: Actor, model_id: int, rule_id: int, version: int | None = None) -> None:
    """Take a rule out of a model; everybody is then scored again in the background."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = find_model(model_id)
        row = find_rule(model, rule_id)
        drafting.check_version(version, row, {}, None)
        drop_rule(actor, row)
        score_everybody(model)


def drop_rule(actor: Actor, row: ScoreRule) -> None:
    """Delete a rule, in a change of definitions."""
    audit.record(actor, "score_rule.delete", "score_rule", row.pk, row.name)
    row.delete()


def preview_rule(
    actor: Actor, model_id: int, draft: RuleDraft, now: datetime, rule_id: int | None = None
) -> Impact:
    """What saving this rule would change."""
    require(actor, "scoring.read")
    model = find_model(model_id)
    parsed = None if draft.rule is None else read_draft(draft.rule, level=SCORE)
    rows = [row for row in model.rules.filter(active=True) if row.pk != rule_id]
    row = ScoreRule(model=model, pk=rule_id)
    drafting.fill(row, draft, parsed, model)
    return look(model, [*rows, row] if draft.active else rows, now)


def preview_model(actor: Actor, model_id: int, draft: ModelDraft, now: datetime) -> Impact:
    """What saving these settings, or making this model the default, would change."""
    require(actor, "scoring.read")
    model = find_model(model_id)
    drafting.apply(model, draft)
    return look(model, list(model.rules.filter(active=True)), now)


def look(model: ScoreModel, rows: list[ScoreRule], now: datetime) -> Impact:
    """What these settings with these rules would change, beside the model as it is stored."""
    fields = registry.snapshot()
    stored = find_model(model.pk)
    live, _bad = compute.spec_of(stored, list(stored.rules.filter(active=True)), fields)
    for place, row in enumerate(rows):
        row.pk = row.pk or -1 - place
    spec, _broken = compute.spec_of(model, rows, fields)
    return impact(replace(spec, default=stored.default), now, fields, live)


def stop_scoring(actor: Actor) -> None:
    """Stop scoring everybody after the chunk under way. Who was scored by then stays so;
    others follow when they do something, or when it is started again."""
    require(actor, "scoring.write")
    if ScoreModel.objects.filter(active=True, progress__lt=100).update(stopped=True):
        audit.record(actor, "score_model.stop", "score_model", 0, "")


def start_scoring(actor: Actor) -> None:
    """Score everybody again in the background."""
    require(actor, "scoring.write")
    audit.record(actor, "score_model.start", "score_model", 0, "")
    score_everybody()


def score_everybody(model: ScoreModel | None = None) -> None:
    """Ask for everybody to be scored again, where the model is in use."""
    if model is None or model.active:
        ScoreModel.objects.filter(active=True).update(progress=0, stopped=False)
        enqueue("pipeline.recompute", once="recompute")


def find_model(model_id: int) -> ScoreModel:
    """The model; raises ``NotFound``."""
    found = ScoreModel.objects.filter(pk=model_id).first()
    if found is None:
        raise NotFound(_("There is no such score model."), model_id=model_id)
    return found


def find_rule(model: ScoreModel, rule_id: int) -> ScoreRule:
    """A rule of the model; raises ``NotFound``."""
    found = model.rules.filter(pk=rule_id).first()
    if found is None:
        raise NotFound(_("There is no such score rule."), rule_id=rule_id)
    return found


def _refuse_used(model: ScoreModel) -> None:
    if model.default:
        raise Conflict(
            _("The default model fills the standings. Make another one the default first.")
        )
    if users := usage.of_score(model.key):
        names = ", ".join(sorted({use.name for use in users}))
        raise Conflict(_("It is read by %(names)s.") % {"names": names}, used_by=names)
