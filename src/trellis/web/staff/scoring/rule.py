"""The page of one score rule, live or in the draft; what it would do is shown first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import NotFound, TrellisError
from trellis.events.models import Signal
from trellis.rules.types import RuleError
from trellis.scoring import actions, drafts
from trellis.scoring.drafting import RuleDraft
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.types import OCCURRENCE, VALUE
from trellis.web.staff import rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import seen
from trellis.web.staff.memo import forget
from trellis.web.staff.scoring.shared import (
    fault,
    model_of,
    number,
    shown,
    whole,
)
from trellis.web.staff.words import BUCKETS


def _read(request: StaffRequest) -> RuleDraft:
    post = request.POST
    by_signal = post.get("by") == "signal"
    group, _sep, bucket = post.get("group", "").partition("@")
    return RuleDraft(
        name=post.get("name", ""),
        bucket=bucket or post.get("bucket", "engagement"),
        group=group,
        points=whole(post.get("points", "")),
        rule=None if by_signal else rules.read_json(request),
        signal=post.get("signal", "") if by_signal else "",
        per=VALUE if by_signal and post.get("per") == VALUE else OCCURRENCE,
        cap=number(post.get("cap", "")) if by_signal else None,
        window_days=number(post.get("window_days", "")) if by_signal else None,
        decay_days=number(post.get("decay_days", "")) if by_signal else None,
        priority=100 if (order := number(post.get("priority", ""))) is None else order,
        active=post.get("active") == "on",
    )


@page("scoring.read", "GET", "POST", change="scoring.write")
def edit(
    request: StaffRequest,
    rule_id: int | None = None,
    model_id: int | None = None,
    ref: str = "",
) -> HttpResponseBase:
    """Add or change a rule, in the draft where there is one."""
    if rule_id is not None:
        live = ScoreRule.objects.filter(pk=rule_id).first()
        if live is None:
            raise NotFound(_("There is no such rule."))
        model_id, ref = live.model_id, f"r{rule_id}"
    model = model_of(model_id)
    row = _found(model, ref) if ref else None
    problem: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _save(request, model, row, ref)
        except RuleError as error:
            problem = {"problems": list(error.problems)}
        except TrellisError as error:
            if error.status == 403:
                raise
            problem = fault(error)
        if request.POST.get("then") == "preview":
            return render(request, "staff/scoring/impact.html", problem)
    typed = request.POST if problem else None
    context = {
        "model": model,
        "row": row,
        "ref": ref,
        **problem,
        "written": typed or _written(row, request.GET.dict()),
        "version": problem["clash"].version
        if "clash" in problem
        else row.version
        if row
        else "",
        "signals": Signal.objects.exclude(status="broken").order_by("name"),
        "buckets": BUCKETS,
        "groups": drafts.shown(model)[0].groups,
        "rule_json": request.POST.get("rule")
        or request.GET.get("rule")
        or json.dumps((row.rule if row else None) or {"all": []}),
    }
    return render(
        request,
        "staff/scoring/rule.html",
        context,
        status=409 if "clash" in problem else 422 if problem else 200,
    )


def _found(model: ScoreModel, ref: str) -> ScoreRule:
    _drafted, rows, refs = drafts.shown(model)
    row = next((one for one in rows if refs[one.pk] == ref), None)
    if row is None:
        raise NotFound(_("There is no such rule."))
    return row


def _written(row: ScoreRule | None, given: Mapping[str, str]) -> dict[str, Any]:
    if row is None:
        by = "rule" if "rule" in given else "signal"
        blank = {"bucket": "engagement", "by": by, "active": "on", "priority": 100}
        wanted = {key: given[key] for key in ("bucket", "name", "points") if key in given}
        return blank | {"per": OCCURRENCE} | wanted
    signal = Signal.objects.filter(pk=row.signal_id).first() if row.signal_id else None
    return {
        "name": row.name,
        "bucket": row.bucket,
        "group": f"{row.group}@{row.bucket}" if row.group else "",
        "points": row.points,
        "by": "signal" if row.signal_id else "rule",
        "per": row.per,
        "signal": signal.key if signal else "",
        "cap": row.cap,
        "window_days": row.window_days,
        "decay_days": row.decay_days,
        "priority": row.priority,
        "active": "on" if row.active else "",
    }


def _save(
    request: StaffRequest, model: ScoreModel, row: ScoreRule | None, ref: str
) -> HttpResponseBase:
    then, version = request.POST.get("then", ""), seen(request)
    in_draft = model.draft is not None or then == "keep"
    if then == "delete" and row is not None:
        return _delete(request, model, row, ref)
    draft = _read(request)
    if then == "preview":
        if model.draft is None:
            number_ = row.pk if row else None
            impact = actions.preview_rule(request.actor, model.pk, draft, clock.now(), number_)
        else:
            impact = drafts.preview_rule(
                request.actor, model.pk, draft, clock.now(), ref or None
            )
        return render(request, "staff/scoring/impact.html", shown(impact))
    if in_draft:
        drafts.save_rule(request.actor, model.pk, draft, ref or None, version)
        messages.success(request, _("Kept in the draft."))
    else:
        actions.save_rule(request.actor, model.pk, draft, row.pk if row else None, version)
        messages.success(request, _("Saved. Everybody is scored again."))
    forget()
    return redirect("scoring-model", model.pk)


def _delete(
    request: StaffRequest, model: ScoreModel, row: ScoreRule, ref: str
) -> HttpResponseBase:
    if model.draft is not None:
        drafts.remove_rule(request.actor, model.pk, ref, seen(request))
        messages.success(request, _("Taken out of the draft."))
    else:
        actions.delete_rule(request.actor, model.pk, row.pk, seen(request))
        messages.success(request, _("The rule is gone. Everybody is scored again."))
    forget()
    return redirect("scoring-model", model.pk)
