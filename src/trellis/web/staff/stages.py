"""The lifecycle of each line as a board, and its stages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.core.slugs import slug
from trellis.leads import actions
from trellis.leads import queries as leads
from trellis.leads.actions import StageDraft
from trellis.leads.models import Line
from trellis.reports.time_in_stage import Span, time_in_stage
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import CONSENT, SEGMENT, SIGNAL, RuleError
from trellis.web.staff import lead_words, rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.memo import forget, remember

WEEK = timedelta(days=7)
YEAR = timedelta(days=365)
NUMBERS = ("min_score", "limit_days")
_WHOLE = re.compile(r"-?\d{1,9}")


def chosen(request: StaffRequest) -> Line:
    """The line that the address names; the default one where it names none."""
    return leads.line(request.GET.get("line", "")[:64])


def address(name: str, line: Line, *args: str) -> str:
    """The address of a page about a line."""
    found = reverse(name, args=args)
    return found if line.default else f"{found}?line={line.key}"


@page("leads.read", "GET", "POST", change="stages.write")
def index(request: StaffRequest) -> HttpResponseBase:
    """The lifecycle of a line; POST reorders its stages, adds or archives one."""
    line = chosen(request)
    if request.method == "POST":
        return _act(request, line)
    known = evaluate.fields()
    now = clock.now()
    counts = remember(f"board-{line.pk}", lambda: leads.board(line.pk, now - WEEK))
    spans = remember(f"spans-{line.pk}", lambda: time_in_stage(line.pk, now - YEAR))
    stages = leads.live_stages(leads.stages(line.pk))
    visitors = remember("anonymous", leads.visitors) if line.default else 0
    most = max([column.leads for column in counts.values()] or [0]) or 1
    rows = [
        _column(stage, counts.get(stage.id) or leads.Column(), spans.get(stage.id), most, known)
        for stage in stages
    ]
    context = {
        "line": line,
        "lines": leads.lines(),
        "rows": rows,
        "visitors": visitors,
        "kinds": lead_words.STAGE_KINDS,
        "teams": lead_words.TEAMS,
        "proposed": sum(column.proposed for column in counts.values()),
        "ended": sum(column.ended for column in counts.values()),
    }
    return render(request, "staff/stages/board.html", context)


def _column(
    stage: leads.StageRow, column: leads.Column, span: Span | None, most: int, known: Any
) -> dict[str, Any]:
    return {
        "stage": stage,
        "column": column,
        "span": span,
        "share": round(100 * column.leads / most),
        "sentence": _sentence(stage.rule, known),
        "requires": [str(known[key].label) for key in stage.requires if key in known],
    }


def _sentence(rule: Mapping[str, Any] | None, known: Any) -> str:
    if not rule:
        return ""
    try:
        return words.sentence(parse(rule, known), known)
    except RuleError as error:
        return error.message


def _act(request: StaffRequest, line: Line) -> HttpResponseBase:
    post = request.POST
    verb, key = post.get("act", ""), post.get("key", "")
    keys = [stage.key for stage in leads.live_stages(leads.stages(line.pk))]
    path = key if line.default else f"{line.key}/{key}"
    of = "" if line.default else line.key
    if verb in {"up", "down"} and key in keys:
        at = keys.index(key)
        to = at - 1 if verb == "up" else at + 1
        if 0 <= to < len(keys):
            keys[at], keys[to] = keys[to], keys[at]
            actions.reorder_stages(request.actor, keys, of)
    elif verb == "order":
        actions.reorder_stages(request.actor, post.get("keys", "").split(","), of)
    elif verb == "add":
        name = post.get("name", "")
        actions.add_stage(
            request.actor,
            key=slug(name) or f"stage-{len(keys) + 1}",
            name=name,
            after=post.get("after", keys[-1]),
            kind=post.get("kind", "open"),
            team=post.get("team", "marketing"),
            line=of,
        )
        messages.success(request, _("%(name)s is added.") % {"name": name})
    elif verb == "archive":
        n = actions.archive_stage(request.actor, path, post.get("to", ""), clock.now())
        messages.success(request, _("Archived; %(n)d leads moved.") % {"n": n})
    else:
        raise InvalidInput(_("There is no such act."))
    forget()
    return redirect(address("stages", line))


@page("leads.read", "GET", "POST", change="stages.write")
def edit(request: StaffRequest, key: str) -> HttpResponseBase:
    """Everything about a stage: name, team, rule, gate, limit."""
    line = chosen(request)
    stages = leads.live_stages(leads.stages(line.pk))
    stage = next((row for row in stages if row.key == key), None)
    if stage is None:
        raise NotFound(_("There is no such stage."))
    problems: list[Any] = []
    found: Clash | None = None
    written = _shown(stage)
    if request.method == "POST":
        written = _written(request)
        try:
            _save(request, stage, written)
        except RuleError as error:
            problems = list(error.problems)
        except TrellisError as error:
            if error.status == 403:
                raise
            found = clash(error)
            problems = [] if found else [error.message]
            written["version"] = found.version if found else written["version"]
        else:
            forget()
            messages.success(request, _("Saved."))
            return redirect(address("stages", line))
    context = {
        "line": line,
        "stage": stage,
        "written": written,
        "problems": problems,
        "clash": found,
        "others": [row for row in stages if row.key != key],
        "kinds": lead_words.STAGE_KINDS,
        "teams": lead_words.TEAMS,
        "fields": _fields(line, set(stage.requires)),
        "rule_json": written["rule"],
        "first": stages[0].id == stage.id,
    }
    status = 409 if found else 422 if problems else 200
    return render(request, "staff/stages/edit.html", context, status=status)


def _fields(line: Line, demanded: set[str]) -> list[dict[str, Any]]:
    """The fields that a gate may demand, and those that it does: of questions, those that
    this line asks, and once, not also as the attribute that keeps the answer."""
    known = evaluate.fields()
    prefix = "qualification." if line.default else f"qualification.{line.key}."
    asked = {prefix + row.key: f"attr.{row.attribute}" for row in leads.questions(line.pk)}
    offered = demanded | set(asked)
    kept = set(asked.values()) - demanded
    return [
        {"key": field.key, "label": str(field.label), "group": str(field.group)}
        for field in known.values()
        if field.type not in (SEGMENT, SIGNAL, CONSENT)
        and field.choices is None
        and (field.key.startswith(("contact.", "attr.", "company.")) or field.key in offered)
        and field.key not in ("contact.known", "contact.created_at")
        and field.key not in kept
    ]


def _shown(stage: leads.StageRow) -> dict[str, Any]:
    return {
        "name": stage.name,
        "kind": stage.kind,
        "team": stage.team,
        "by": stage.automatic if stage.rule else "hand",
        "requires": list(stage.requires),
        "min_score": stage.min_score,
        "limit_days": stage.limit_days,
        "rule": json.dumps(stage.rule or {"all": []}),
        "version": stage.version,
    }


def _written(request: StaffRequest) -> dict[str, Any]:
    post = request.POST
    return {
        "name": post.get("name", ""),
        "kind": post.get("kind", "open"),
        "team": post.get("team", "marketing"),
        "by": post.get("by", "hand"),
        "requires": post.getlist("requires"),
        "min_score": post.get("min_score", ""),
        "limit_days": post.get("limit_days", ""),
        "rule": post.get("rule") or '{"all": []}',
        "version": post.get("version", ""),
    }


def _save(request: StaffRequest, stage: leads.StageRow, written: Mapping[str, Any]) -> None:
    numbers = {}
    for name in NUMBERS:
        text = str(written[name]).strip()
        if text and not _WHOLE.fullmatch(text):
            raise InvalidInput(_("%(text)s is not a whole number.") % {"text": text})
        numbers[name] = int(text) if text else None
    by_hand = written["by"] == "hand"
    draft = StageDraft(
        name=written["name"],
        kind=written["kind"],
        team=written["team"],
        rule=None if by_hand else rules.read_json(request),
        automatic="move" if by_hand else written["by"],
        requires=written["requires"],
        **numbers,
    )
    actions.change_stage(request.actor, stage.path, draft, version=seen(request))
