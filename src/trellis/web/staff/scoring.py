"""The score model: rules by bucket, thresholds, and what a change would do."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.events.models import Signal
from trellis.people import queries as people
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.scoring import actions
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.web.staff import rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import forget, remember
from trellis.web.staff.words import BUCKETS


def _model() -> ScoreModel:
    found = ScoreModel.objects.filter(default=True).order_by("pk").first()
    if found is None:
        raise NotFound(_("There is no score model."))
    return found


def _number(text: str) -> int | None:
    """A whole number of a form field; None where it was left empty."""
    text = text.strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(_("%(text)s is not a whole number.") % {"text": text}) from None


def _whole(text: str) -> int:
    found = _number(text)
    if found is None:
        raise InvalidInput(_("A number is missing."))
    return found


@page("scoring.read", "GET", "POST", change="scoring.write")
def index(request: StaffRequest) -> HttpResponseBase:
    """The rules by bucket, the distribution, the thresholds; POST saves thresholds."""
    model = _model()
    if request.method == "POST":
        return _save_model(request, model)
    known = evaluate.fields()
    signals = {row.pk: row for row in Signal.objects.all()}
    spread = remember("spread", people.spread)
    rows = list(model.rules.order_by("priority", "pk"))
    context = {
        "model": model,
        "buckets": [
            {
                "key": key,
                "label": label,
                "text": text,
                "cap": model.caps.get(key),
                "rules": [_shown(row, signals, known) for row in rows if row.bucket == key],
            }
            for key, (label, text) in BUCKETS.items()
        ],
        "spread": spread,
        "plot": {
            "labels": [f"{low}–{low + 9}" for low, _n in spread.scores],
            "series": [{"name": _("People"), "data": [n for _low, n in spread.scores]}],
        },
    }
    template = "staff/scoring/progress.html" if request.htmx else "staff/scoring/model.html"
    return render(request, template, context)


def _shown(row: ScoreRule, signals: dict[int, Signal], known: Any) -> dict[str, Any]:
    signal = signals.get(row.signal_id or 0)
    try:
        sentence = words.sentence(parse(row.rule, known), known) if row.rule else ""
    except RuleError as error:
        sentence = error.message
    return {"row": row, "signal": signal, "sentence": sentence}


def _save_model(request: StaffRequest, model: ScoreModel) -> HttpResponseBase:
    post = request.POST
    caps = {key: cap for key in BUCKETS if (cap := _number(post.get(f"cap.{key}", "")))}
    draft = ModelDraft(
        warm_from=_number(post.get("warm_from", "")),
        hot_from=_number(post.get("hot_from", "")),
        caps=caps,
    )
    if post.get("then") == "preview":
        impact = actions.preview_model(request.actor, model.pk, draft, clock.now())
        return render(request, "staff/scoring/impact.html", {"impact": impact})
    actions.save_model(request.actor, model.pk, draft)
    forget()
    messages.success(request, _("Saved. Everybody is scored again."))
    return redirect("scoring")


def _draft(request: StaffRequest) -> RuleDraft:
    post = request.POST
    by_signal = post.get("by") == "signal"
    return RuleDraft(
        name=post.get("name", ""),
        bucket=post.get("bucket", "engagement"),
        points=_whole(post.get("points", "")),
        rule=None if by_signal else rules.read_json(request),
        signal=post.get("signal", "") if by_signal else "",
        cap=_number(post.get("cap", "")) if by_signal else None,
        window_days=_number(post.get("window_days", "")) if by_signal else None,
        decay_days=_number(post.get("decay_days", "")) if by_signal else None,
        priority=_number(post.get("priority", "")) or 100,
        active=post.get("active") == "on",
    )


@page("scoring.read", "GET", "POST", change="scoring.write")
def edit(request: StaffRequest, rule_id: int | None = None) -> HttpResponseBase:
    """Add or change a rule; what it would do is shown before it is saved."""
    model = _model()
    row = model.rules.filter(pk=rule_id).first() if rule_id else None
    if rule_id and row is None:
        raise NotFound(_("There is no such rule."))
    problems: list[Any] = []
    if request.method == "POST":
        try:
            return _save_rule(request, model, row)
        except RuleError as error:
            problems = list(error.problems)
        except TrellisError as error:
            if error.status == 403:
                raise
            problems = [error.message]
        if request.POST.get("then") == "preview":
            return render(request, "staff/scoring/impact.html", {"problems": problems})
    context = {
        "row": row,
        "problems": problems,
        "written": request.POST if problems else _written(row),
        "signals": Signal.objects.exclude(status="broken").order_by("name"),
        "buckets": BUCKETS,
        "rule_json": request.POST.get("rule")
        or json.dumps((row.rule if row else None) or {"all": []}),
    }
    status = 422 if problems else 200
    return render(request, "staff/scoring/rule.html", context, status=status)


def _written(row: ScoreRule | None) -> dict[str, Any]:
    if row is None:
        return {"bucket": "engagement", "by": "signal", "active": "on", "priority": 100}
    signal = Signal.objects.filter(pk=row.signal_id).first() if row.signal_id else None
    return {
        "name": row.name,
        "bucket": row.bucket,
        "points": row.points,
        "by": "signal" if row.signal_id else "rule",
        "signal": signal.key if signal else "",
        "cap": row.cap,
        "window_days": row.window_days,
        "decay_days": row.decay_days,
        "priority": row.priority,
        "active": "on" if row.active else "",
    }


def _save_rule(
    request: StaffRequest, model: ScoreModel, row: ScoreRule | None
) -> HttpResponseBase:
    number = row.pk if row else None
    if request.POST.get("then") == "delete" and number is not None:
        actions.delete_rule(request.actor, model.pk, number)
        messages.success(request, _("The rule is gone. Everybody is scored again."))
        forget()
        return redirect("scoring")
    draft = _draft(request)
    if request.POST.get("then") == "preview":
        impact = actions.preview_rule(request.actor, model.pk, draft, clock.now(), number)
        return render(request, "staff/scoring/impact.html", {"impact": impact})
    actions.save_rule(request.actor, model.pk, draft, number)
    forget()
    messages.success(request, _("Saved. Everybody is scored again."))
    return redirect("scoring")
