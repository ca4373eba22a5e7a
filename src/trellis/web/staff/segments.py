"""Segments: the list, the rule with its live count, members, why somebody is in or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from trellis.accounts.access import require
from trellis.core import clock
from trellis.core.errors import InvalidInput, TrellisError
from trellis.core.paging import Cursor
from trellis.leads import queries as leads
from trellis.people import queries as people
from trellis.rules import evaluate, explain, usage, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.segments import actions
from trellis.segments import queries as segments
from trellis.segments.models import Segment
from trellis.web.staff import given, rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember

LIMIT = 50


@page("segments.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """All segments with their size, growth and state."""
    week = clock.now() - timedelta(days=7)
    growth = remember("growth", lambda: segments.growth(week))
    kind = request.GET.get("kind", "")
    rows = segments.segments(request.GET.get("q", "")[:100], kind)
    context = {
        "rows": [{"segment": row, "growth": growth.get(row.pk, 0)} for row in rows],
        "kind": kind,
        "query": request.GET.get("q", ""),
        "filtered": bool(request.GET),
    }
    return render(request, "staff/segments/list.html", context)


def _sentence(rule: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The sentence of a stored rule, or what is wrong with it now."""
    known = evaluate.fields()
    try:
        return words.sentence(parse(rule, known), known), []
    except RuleError as error:
        return "", list(error.problems)


@page("segments.read")
def detail(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """The rule in words, who is in, and who uses the segment."""
    segment = actions.get(segment_id)
    found = segments.members(segment_id, Cursor.decode(request.GET.get("after", "")), LIMIT)
    who = {row.contact_id: row for row in people.by_ids([row.contact_id for row in found.rows])}
    sentence, problems = _sentence(segment.rule) if segment.kind == "dynamic" else ("", [])
    context = {
        "segment": segment,
        "sentence": sentence,
        "problems": problems,
        "page": found,
        "who": who,
        "stages": leads.stages(),
        "users": usage.of_segment(segment.key),
    }
    template = "staff/segments/state.html" if request.htmx else "staff/segments/detail.html"
    return render(request, template, context)


@page("segments.read", "GET", "POST", change="segments.write")
def edit(request: StaffRequest, segment_id: int | None = None) -> HttpResponseBase:
    """Make or change a segment; only who may save one sees the form."""
    require(request.actor, "segments.write")
    segment = actions.get(segment_id) if segment_id else None
    problems: list[Any] = []
    if request.method == "POST":
        try:
            saved = _save(request, segment)
        except RuleError as error:
            problems = list(error.problems)
        except TrellisError as error:
            if error.status == 403:
                raise
            problems = [error.message]
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("segments-detail", saved.pk)
    context = {
        "segment": segment,
        "problems": problems,
        "name": request.POST.get("name") or (segment.name if segment else ""),
        "description": request.POST.get("description")
        or (segment.description if segment else ""),
        "kind": request.POST.get("kind") or (segment.kind if segment else "dynamic"),
        "rule_json": request.POST.get("rule")
        or json.dumps(segment.rule if segment else {"all": []}),
    }
    status = 422 if problems else 200
    return render(request, "staff/segments/edit.html", context, status=status)


def _save(request: StaffRequest, segment: Segment | None) -> Segment:
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    if segment is None:
        static = request.POST.get("kind") == "static"
        return actions.create(
            request.actor,
            key=slugify(name)[:60] or f"segment-{clock.now():%Y%m%d%H%M%S}",
            name=name,
            description=description,
            kind="static" if static else "dynamic",
            rule=None if static else rules.read_json(request),
        )
    return actions.update(
        request.actor,
        segment.pk,
        clock.now(),
        name=name,
        description=description,
        rule=rules.read_json(request) if segment.kind == "dynamic" else None,
    )


@page("segments.read", "POST", change="segments.write")
def act(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Archive or rebuild a segment, or take contacts out of a list."""
    verb = request.POST.get("act", "")
    segment = actions.get(segment_id)
    if verb == "archive":
        actions.archive(request.actor, segment_id, clock.now())
        messages.success(request, _("%(name)s is archived.") % {"name": segment.name})
        return redirect("segments")
    if verb == "rebuild":
        actions.rebuild(request.actor, segment_id)
        messages.success(request, _("It is being built again."))
    elif verb == "remove":
        chosen = given.numbers(request.POST.getlist("id"))
        n = actions.remove_members(request.actor, segment_id, chosen, clock.now())
        messages.success(request, _("%(n)d taken out.") % {"n": n})
    else:
        raise InvalidInput(_("There is no such act."))
    return redirect("segments-detail", segment_id)


@page("segments.read")
def why(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Why one contact is in a segment, or not: each condition with its value."""
    segment = actions.get(segment_id)
    number = request.GET.get("contact", "").strip().lstrip("#")
    context: dict[str, Any] = {"segment": segment, "number": number}
    if (contact_id := given.number(number)) is not None:
        who = people.profile(contact_id)
        context["who"] = who
        if who is not None and segment.kind == "dynamic":
            rule = parse(segment.rule, evaluate.fields())
            context["node"] = explain.explain(rule, who.contact_id, clock.now())
    return render(request, "staff/segments/why.html", context)
