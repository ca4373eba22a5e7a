"""Stages: their order, names and rules, and how many people stand in each."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.leads import actions
from trellis.leads import queries as leads
from trellis.people import queries as people
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.web.staff import rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import forget, remember


@page("leads.read", "GET", "POST", change="stages.write")
def index(request: StaffRequest) -> HttpResponseBase:
    """The lifecycle; POST moves a stage up or down, adds or archives one."""
    if request.method == "POST":
        return _act(request)
    known = evaluate.fields()
    counts = remember("spread", people.spread).stages
    stages = leads.live_stages(leads.stages())
    most = max([counts.get(stage.id, 0) for stage in stages] or [0]) or 1
    rows = [
        {
            "stage": stage,
            "n": counts.get(stage.id, 0),
            "share": round(100 * counts.get(stage.id, 0) / most),
            "sentence": _sentence(stage, known),
        }
        for stage in stages
    ]
    return render(request, "staff/stages/list.html", {"rows": rows})


def _sentence(stage: leads.StageRow, known: Any) -> str:
    if not stage.rule:
        return ""
    try:
        return words.sentence(parse(stage.rule, known), known)
    except RuleError as error:
        return error.message


def _act(request: StaffRequest) -> HttpResponseBase:
    post = request.POST
    verb, key = post.get("act", ""), post.get("key", "")
    keys = [stage.key for stage in leads.live_stages(leads.stages())]
    if verb in {"up", "down"} and key in keys:
        at = keys.index(key)
        to = at - 1 if verb == "up" else at + 1
        if 0 <= to < len(keys):
            keys[at], keys[to] = keys[to], keys[at]
            actions.reorder_stages(request.actor, keys)
    elif verb == "add":
        name = post.get("name", "")
        actions.add_stage(
            request.actor,
            key=slugify(name)[:60] or f"stage-{len(keys) + 1}",
            name=name,
            after=post.get("after", keys[-1]),
            kind=post.get("kind", "open"),
        )
        messages.success(request, _("%(name)s is added.") % {"name": name})
    elif verb == "archive":
        n = actions.archive_stage(request.actor, key, post.get("to", ""), clock.now())
        messages.success(request, _("Archived; %(n)d leads moved.") % {"n": n})
    else:
        raise InvalidInput(_("There is no such act."))
    forget()
    return redirect("stages")


@page("leads.read", "GET", "POST", change="stages.write")
def edit(request: StaffRequest, key: str) -> HttpResponseBase:
    """The name of a stage, and the rule that moves leads into it."""
    stages = leads.live_stages(leads.stages())
    stage = next((row for row in stages if row.key == key), None)
    if stage is None:
        raise NotFound(_("There is no such stage."))
    problems: list[Any] = []
    if request.method == "POST":
        try:
            _save(request, stage)
        except RuleError as error:
            problems = list(error.problems)
        except TrellisError as error:
            if error.status == 403:
                raise
            problems = [error.message]
        else:
            messages.success(request, _("Saved."))
            return redirect("stages")
    context = {
        "stage": stage,
        "problems": problems,
        "name": request.POST.get("name", stage.name),
        "others": [row for row in stages if row.key != key],
        "automatic": request.POST.get("automatic", "on" if stage.rule else "") == "on",
        "rule_json": request.POST.get("rule") or json.dumps(stage.rule or {"all": []}),
    }
    status = 422 if problems else 200
    return render(request, "staff/stages/edit.html", context, status=status)


def _save(request: StaffRequest, stage: leads.StageRow) -> None:
    name = request.POST.get("name", "")
    if name != stage.name:
        actions.rename_stage(request.actor, stage.key, name)
    rule = rules.read_json(request) if request.POST.get("automatic") == "on" else None
    if rule != stage.rule:
        actions.set_stage_rule(request.actor, stage.key, rule)
