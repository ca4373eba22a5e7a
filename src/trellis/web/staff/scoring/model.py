"""The page of a score model: rules by bucket, how points spread, settings, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput
from trellis.events.models import Signal
from trellis.leads.models import Line
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.scoring import actions, drafts, queries, starters
from trellis.scoring.drafting import ModelDraft
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import seen
from trellis.web.staff.memo import forget, remember
from trellis.web.staff.scoring.shared import fault, model_of, number, shown
from trellis.web.staff.words import BUCKETS


@page("scoring.read", "GET", "POST", change="scoring.write")
def index(request: StaffRequest, model_id: int | None = None) -> HttpResponseBase:
    """The model with its rules; POST saves its settings, at once or in the draft."""
    model = model_of(model_id)
    problem: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _save(request, model)
        except (Conflict, InvalidInput) as error:
            problem = fault(error)
        if request.POST.get("then") == "preview":
            return render(request, "staff/scoring/impact.html", problem)
    if request.htmx:
        return render(request, "staff/scoring/progress.html", {"model": model})
    context = {**_context(model), **problem, "typed": request.POST if problem else None}
    return render(
        request,
        "staff/scoring/model.html",
        context,
        status=409 if "clash" in problem else 422 if problem else 200,
    )


def _context(model: ScoreModel) -> dict[str, Any]:
    drafted, rows, refs = drafts.shown(model)
    spread = remember(f"spread-{model.pk}", lambda: queries.spread(model))
    known = evaluate.fields()
    signals = {row.pk: row for row in Signal.objects.all()}
    lines = list(Line.objects.order_by("-default", "name"))
    return {
        "model": model,
        "drafted": drafted,
        "models": list(ScoreModel.objects.order_by("-default", "name", "id")),
        "edits": drafts.edits(model),
        "lines": lines,
        "line": next((line for line in lines if line.pk == model.line_id), None),
        "buckets": [_bucket(key, drafted, rows, refs, signals, known) for key in BUCKETS],
        "empty": not rows,
        "starters": starters.offered() if not rows else (),
        "spread": spread,
        "grid": [
            [(f"{fit}{n}", spread.grades.get(f"{fit}{n}", 0)) for n in "123"] for fit in "ABC"
        ],
        "most_in_grid": max(spread.grades.values(), default=0),
        "plot": {
            "labels": [f"{low}…{low + 9}".replace("-", "−") for low, _n in spread.bands],
            "series": [{"name": _("People"), "data": [n for _low, n in spread.bands]}],
        },
    }


def _bucket(
    key: str,
    model: ScoreModel,
    rows: list[ScoreRule],
    refs: dict[int, str],
    signals: dict[int, Signal],
    known: Any,
) -> dict[str, Any]:
    label, text = BUCKETS[key]
    mine = [
        {**_shown(row, signals, known), "ref": refs[row.pk]}
        for row in rows
        if row.bucket == key
    ]
    groups = [group for group in model.groups if group["bucket"] == key]
    held = {group["key"] for group in groups}
    return {
        "key": key,
        "label": label,
        "text": text,
        "cap": model.caps.get(key),
        "rules": [item for item in mine if item["row"].group not in held],
        "groups": [
            {**group, "rules": [item for item in mine if item["row"].group == group["key"]]}
            for group in groups
        ],
    }


def _shown(row: ScoreRule, signals: dict[int, Signal], known: Any) -> dict[str, Any]:
    signal = signals.get(row.signal_id or 0)
    try:
        sentence = words.sentence(parse(row.rule, known), known) if row.rule else ""
    except RuleError as error:
        sentence = error.message
    return {"row": row, "signal": signal, "sentence": sentence}


def _draft(request: StaffRequest) -> ModelDraft:
    post = request.POST
    caps = {key: cap for key in BUCKETS if (cap := number(post.get(f"cap.{key}", "")))}
    more: dict[str, Any] = {}
    if "full" in post:
        more = {
            "name": post.get("name", ""),
            "least": number(post.get("least", "")),
            "most": number(post.get("most", "")),
            "line_id": number(post.get("line", "")),
            "company_by": post.get("company_by", "max"),
            "groups": _groups(request),
            "grades": _grades(request),
        }
    return ModelDraft(
        warm_from=number(post.get("warm_from", "")),
        hot_from=number(post.get("hot_from", "")),
        caps=caps,
        **more,
    )


def _groups(request: StaffRequest) -> list[dict[str, Any]]:
    post = request.POST
    columns = [post.getlist(f"group.{name}") for name in ("key", "name", "bucket", "limit")]
    found = []
    for key, name, bucket, limit in zip(*columns, strict=False):
        if name.strip():
            group = {"name": name, "bucket": bucket, "limit": number(limit)}
            found.append(group | ({"key": key} if key else {}))
    return found


def _grades(request: StaffRequest) -> dict[str, list[int]]:
    found = {}
    for part in ("fit", "engagement"):
        borders = [number(text) for text in request.POST.getlist(f"grade.{part}")]
        known = [border for border in borders if border is not None]
        if len(known) == 2:
            found[part] = known
    return found


def _save(request: StaffRequest, model: ScoreModel) -> HttpResponseBase:
    draft, then = _draft(request), request.POST.get("then", "")
    if then == "preview":
        look = drafts.preview_settings if model.draft else actions.preview_model
        impact = look(request.actor, model.pk, draft, clock.now())
        return render(request, "staff/scoring/impact.html", shown(impact))
    if then == "keep" or model.draft is not None:
        drafts.save_settings(request.actor, model.pk, draft, seen(request))
        messages.success(request, _("Kept in the draft."))
    else:
        actions.save_model(request.actor, model.pk, draft, seen(request))
        messages.success(request, _("Saved. Everybody is scored again."))
    forget()
    return redirect("scoring-model", model.pk)


@page("scoring.read", "GET", "POST", change="scoring.write")
def act(request: StaffRequest, model_id: int) -> HttpResponseBase:
    """What is done to the whole model or its draft; GET previews the draft."""
    model = model_of(model_id)
    if request.method != "POST":
        impact = drafts.preview(request.actor, model.pk, clock.now())
        return render(request, "staff/scoring/impact.html", shown(impact))
    what = request.POST.get("act", "")
    do = _ACTS.get(what)
    if do is None:
        raise InvalidInput(_("There is no such act."))
    try:
        return redirect("scoring-model", do(request, model))
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("scoring-model", model.pk)
    finally:
        forget()


def _publish(request: StaffRequest, model: ScoreModel) -> int:
    drafts.publish(request.actor, model.pk, over=request.POST.get("over") == "1")
    messages.success(request, _("Published. Everybody is scored again."))
    return model.pk


def _discard(request: StaffRequest, model: ScoreModel) -> int:
    drafts.discard(request.actor, model.pk)
    messages.success(request, _("The draft is gone."))
    return model.pk


def _copy(request: StaffRequest, model: ScoreModel) -> int:
    made = actions.copy_model(request.actor, model.pk)
    messages.success(request, _("Copied. The copy is switched off until you want it."))
    return made.pk


def _delete(request: StaffRequest, model: ScoreModel) -> int:
    actions.delete_model(request.actor, model.pk)
    messages.success(request, _("The model is gone."))
    return model_of(None).pk


def _default(request: StaffRequest, model: ScoreModel) -> int:
    actions.make_default(request.actor, model.pk)
    messages.success(request, _("It fills the standings now. Everybody is scored again."))
    return model.pk


def _switch(on: bool) -> Callable[[StaffRequest, ScoreModel], int]:
    def do(request: StaffRequest, model: ScoreModel) -> int:
        actions.switch_model(request.actor, model.pk, on)
        return model.pk

    return do


def _stop(request: StaffRequest, model: ScoreModel) -> int:
    actions.stop_scoring(request.actor)
    return model.pk


def _start(request: StaffRequest, model: ScoreModel) -> int:
    actions.start_scoring(request.actor)
    return model.pk


def _begin(request: StaffRequest, model: ScoreModel) -> int:
    drafts.begin(request.actor, model.pk)
    return model.pk


def _starter(request: StaffRequest, model: ScoreModel) -> int:
    starters.offer(request.actor, model.pk)
    messages.success(
        request, _("The starter rules are in a draft: change them, look, publish.")
    )
    return model.pk


def _new(request: StaffRequest, _model: ScoreModel) -> int:
    draft = ModelDraft(name=request.POST.get("name", "").strip() or _("New model"))
    return actions.add_model(request.actor, draft).pk


_ACTS: dict[str, Callable[[StaffRequest, ScoreModel], int]] = {
    "begin": _begin,
    "publish": _publish,
    "discard": _discard,
    "copy": _copy,
    "delete": _delete,
    "default": _default,
    "on": _switch(True),
    "off": _switch(False),
    "stop": _stop,
    "start": _start,
    "starter": _starter,
    "new": _new,
}
