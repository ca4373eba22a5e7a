"""Several edits of a score model, collected and published together.

A draft is the model as it will be: its settings, and its rules each with a reference
(``r<id>`` of a live rule, ``n<number>`` of a new one) and the version it began from. Nothing
of it counts until it is published; then all of it does, in one change of definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock
from trellis.core.errors import Conflict, NotFound
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_draft, read_rule
from trellis.rules.registry import SCORE
from trellis.scoring import actions, drafting
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.preview import Impact


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One difference between the draft and what is live. ``kind``: settings, added,
    changed, removed; ``fields`` name to (before, after)."""

    kind: str
    ref: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def begin(actor: Actor, model_id: int) -> ScoreModel:
    """Begin a draft that is like the live model; one that there is already goes on."""
    require(actor, "scoring.write")
    with transaction.atomic():
        model = _locked(model_id)
        if model.draft is None:
            model.draft = _snapshot(model, actor)
            model.save(update_fields=["draft"])
    return model


def shown(model: ScoreModel) -> tuple[ScoreModel, list[ScoreRule], dict[int, str]]:
    """The model as drafted (or as it is live), unsaved; its rules in order; and the
    reference of each rule by its number, negative where it is new."""
    if model.draft is None:
        rows = list(model.rules.order_by("priority", "id"))
        return model, rows, {row.pk: f"r{row.pk}" for row in rows}
    copy = ScoreModel(pk=model.pk, key=model.key, default=model.default, active=model.active)
    for name, value in model.draft["settings"].items():
        setattr(copy, name, value)
    copy.version = model.draft["version"]
    copy.changed_by = model.draft["by"]
    rows, refs = [], {}
    for ref, entry in model.draft["rules"].items():
        row = _row(model, ref, entry)
        rows.append(row)
        refs[row.pk] = ref
    rows.sort(key=lambda row: (row.priority, row.pk if row.pk > 0 else 2**40 - row.pk))
    return copy, rows, refs


def save_settings(
    actor: Actor, model_id: int, draft: ModelDraft, version: int | None = None
) -> ScoreModel:
    """Change settings in the draft, beginning one where there is none."""
    require(actor, "scoring.write")
    with transaction.atomic():
        model = begin(actor, model_id)
        copy, _rows, _refs = shown(model)
        before = drafting.settings_of(copy)
        drafting.apply(copy, draft)
        wanted = drafting.settings_of(copy)
        drafting.check_version(version, copy, before, wanted)
        data = _data(model)
        data["settings"] = wanted
        data["version"] += 1
        _keep(actor, model, data)
    return model


def save_rule(
    actor: Actor,
    model_id: int,
    draft: RuleDraft,
    ref: str | None = None,
    version: int | None = None,
) -> str:
    """Add a rule to the draft or change one in it; returns its reference. Signals that it
    needs are made at once, so that the past is counted by the time it is published."""
    require(actor, "scoring.write")
    parsed = None if draft.rule is None else read_rule(actor, draft.rule, level=SCORE)
    with transaction.atomic():
        model = begin(actor, model_id)
        copy, _rows, _refs = shown(model)
        data = _data(model)
        entry = data["rules"].get(ref) if ref else {"version": 0}
        if entry is None:
            raise NotFound(_("There is no such score rule."), ref=ref)
        row = _row(model, ref or "n0", entry)
        before = drafting.rule_values(row)
        drafting.fill(row, draft, parsed, copy)
        wanted = drafting.rule_values(row)
        drafting.check_version(version, row, before, wanted)
        if ref is None:
            data["counter"] += 1
            ref = f"n{data['counter']}"
        stamp = {"version": entry["version"] + 1, "by": actor.name, "at": _now()}
        data["rules"][ref] = wanted | stamp
        _keep(actor, model, data)
    return ref


def remove_rule(actor: Actor, model_id: int, ref: str, version: int | None = None) -> None:
    """Take a rule out of the draft."""
    require(actor, "scoring.write")
    with transaction.atomic():
        model = begin(actor, model_id)
        data = _data(model)
        entry = data["rules"].pop(ref, None)
        if entry is None:
            raise NotFound(_("There is no such score rule."), ref=ref)
        drafting.check_version(version, _row(model, ref, entry), {}, None)
        _keep(actor, model, data)


def replace(actor: Actor, model_id: int, points: Mapping[str, int]) -> ScoreModel:
    """Set the points of some rules, by reference, in the draft (suggested weights); caps
    grow and shrink with them."""
    require(actor, "scoring.write")
    with transaction.atomic():
        model = begin(actor, model_id)
        data = _data(model)
        for ref, value in points.items():
            entry = data["rules"].get(ref)
            if entry is not None and entry["points"] != value:
                stamp = {"version": entry["version"] + 1, "by": actor.name, "at": _now()}
                data["rules"][ref] = (
                    entry | _weighed(entry, drafting.bounded(value, ref)) | stamp
                )
        _keep(actor, model, data)
    return model


def discard(actor: Actor, model_id: int, version: int | None = None) -> None:
    """Throw the draft away. ``version`` is the one of its settings that was seen."""
    require(actor, "scoring.write")
    model = actions.find_model(model_id)
    drafting.check_version(version, shown(model)[0], {}, None)
    if ScoreModel.objects.filter(pk=model_id, draft__isnull=False).update(draft=None):
        audit.record(actor, "score_model.discard", "score_model", model.pk, model.name)


def publish(actor: Actor, model_id: int, *, over: bool = False) -> list[Edit]:
    """Make the draft live, all of it at once; everybody is then scored again. Where the
    live model was changed since the draft began, raises ``Conflict`` with what
    changed, unless it is to be written ``over``. Returns what changed."""
    require(actor, "scoring.write")
    with changing_definitions():
        model = actions.find_model(model_id)
        if model.draft is None:
            raise NotFound(_("There is no draft."))
        if not over:
            _refuse_stale(model)
        found = edits(model)
        drafted, rows, refs = shown(model)
        live = {f"r{row.pk}": row for row in model.rules.all()}
        model.draft = None
        before = drafting.settings_of(model)
        for name, value in drafting.settings_of(drafted).items():
            setattr(model, name, value)
        change = drafting.difference(before, drafting.settings_of(model))
        actions.write_model(actor, model, change)
        kept = set()
        for row in rows:
            kept.add(refs[row.pk])
            _publish_rule(actor, model, live.get(refs[row.pk]), row)
        for ref in live.keys() - kept:
            actions.drop_rule(actor, live[ref])
        actions.score_everybody(model)
    return found


def preview(actor: Actor, model_id: int, now: datetime) -> Impact:
    """What publishing the draft would change."""
    require(actor, "scoring.read")
    drafted, rows, _refs = shown(actions.find_model(model_id))
    return actions.look(drafted, [row for row in rows if row.active], now)


def preview_rule(
    actor: Actor, model_id: int, draft: RuleDraft, now: datetime, ref: str | None = None
) -> Impact:
    """What publishing the draft with this rule in it would change."""
    require(actor, "scoring.read")
    drafted, rows, refs = shown(actions.find_model(model_id))
    parsed = None if draft.rule is None else read_draft(draft.rule, level=SCORE)
    row = next((one for one in rows if refs[one.pk] == ref), ScoreRule(model_id=model_id))
    drafting.fill(row, draft, parsed, drafted)
    others = [one for one in rows if one is not row and one.active]
    return actions.look(drafted, [*others, row] if draft.active else others, now)


def preview_settings(actor: Actor, model_id: int, draft: ModelDraft, now: datetime) -> Impact:
    """What publishing the draft with these settings would change."""
    require(actor, "scoring.read")
    drafted, rows, _refs = shown(actions.find_model(model_id))
    drafting.apply(drafted, draft)
    return actions.look(drafted, [row for row in rows if row.active], now)


def edits(model: ScoreModel) -> list[Edit]:
    """What the draft changes of the live model."""
    if model.draft is None:
        return []
    drafted, rows, refs = shown(model)
    found = []
    if change := drafting.difference(
        drafting.settings_of(model), drafting.settings_of(drafted)
    ):
        found.append(Edit(kind="settings", ref="", name=model.name, fields=change))
    live = {f"r{row.pk}": row for row in model.rules.all()}
    for row in rows:
        ref = refs[row.pk]
        if ref not in live:
            found.append(Edit(kind="added", ref=ref, name=row.name))
        elif change := drafting.difference(
            drafting.rule_values(live[ref]), drafting.rule_values(row)
        ):
            found.append(Edit(kind="changed", ref=ref, name=row.name, fields=change))
    gone = live.keys() - set(refs.values())
    return found + [Edit(kind="removed", ref=ref, name=live[ref].name) for ref in sorted(gone)]


def _weighed(entry: Mapping[str, Any], points: int) -> dict[str, Any]:
    cap, before = entry["cap"], abs(entry["points"])
    if cap is None or not before:
        return {"points": points}
    return {"points": points, "cap": max(1, round(cap * abs(points) / before))}


def _publish_rule(
    actor: Actor, model: ScoreModel, live: ScoreRule | None, drafted: ScoreRule
) -> None:
    values = drafting.rule_values(drafted)
    if live is None:
        live = ScoreRule(model=model)
    elif not drafting.difference(drafting.rule_values(live), values):
        return
    for name, value in values.items():
        setattr(live, name, value)
    actions.write_rule(actor, live)


def _refuse_stale(model: ScoreModel) -> None:
    assert model.draft is not None, "asked by the caller"
    now = _base(model)
    changed = sorted(
        name
        for name in now.keys() | model.draft["base"].keys()
        if now.get(name) != model.draft["base"].get(name)
    )
    if not changed:
        return
    names = {f"r{row.pk}": row for row in model.rules.all()}
    last = max(
        (names[ref] for ref in changed if ref in names),
        key=lambda row: row.changed_at,
        default=None,
    )
    who = last.changed_by if last is not None else model.changed_by
    raise Conflict(
        _("%(name)s changed the live model after this draft was begun.")
        % {"name": who or _("Somebody")},
        by=who,
        changed=[names[ref].name if ref in names else ref for ref in changed],
    )


def _base(model: ScoreModel) -> dict[str, int]:
    return {"settings": model.version} | {
        f"r{row.pk}": row.version for row in model.rules.all()
    }


def _snapshot(model: ScoreModel, actor: Actor) -> dict[str, Any]:
    stamp = {"by": actor.name, "at": _now()}
    return {
        "settings": drafting.settings_of(model),
        "version": model.version,
        "rules": {
            f"r{row.pk}": drafting.rule_values(row)
            | {"version": row.version, "by": row.changed_by, "at": row.changed_at.isoformat()}
            for row in model.rules.all()
        },
        "counter": 0,
        "base": _base(model),
        **stamp,
    }


def _row(model: ScoreModel, ref: str, entry: Mapping[str, Any]) -> ScoreRule:
    number = int(ref[1:])
    row = ScoreRule(model_id=model.pk, pk=number if ref[0] == "r" else -1 - number)
    for name, value in entry.items():
        if name in drafting.RULE_FIELDS:
            setattr(row, name, value)
    row.version = entry["version"]
    row.changed_by = entry.get("by", "")
    if at := entry.get("at"):
        row.changed_at = datetime.fromisoformat(at)
    return row


def _data(model: ScoreModel) -> dict[str, Any]:
    assert model.draft is not None, "begun by the caller"
    return {**model.draft, "rules": dict(model.draft["rules"])}


def _keep(actor: Actor, model: ScoreModel, data: dict[str, Any]) -> None:
    model.draft = data | {"by": actor.name, "at": _now()}
    model.save(update_fields=["draft"])


def _locked(model_id: int) -> ScoreModel:
    found = ScoreModel.objects.select_for_update().filter(pk=model_id).first()
    if found is None:
        raise NotFound(_("There is no such score model."), model_id=model_id)
    return found


def _now() -> str:
    return clock.now().isoformat()
