"""Segments: the list, making and changing them, and what a change would do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.accounts.access import require
from trellis.core import clock
from trellis.core.days import day_of
from trellis.core.errors import InvalidInput, TrellisError
from trellis.core.slugs import slug
from trellis.events.behaviour import NotCounted, read_draft
from trellis.rules import evaluate, words
from trellis.rules.parse import parse
from trellis.rules.types import RuleError, to_json
from trellis.segments import actions, growth, lists
from trellis.segments import queries as segments
from trellis.segments.difference import Difference
from trellis.segments.models import Segment
from trellis.segments.queries import SegmentFilter
from trellis.web.staff import given, rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen

SPARK_DAYS = 14
MOST_BYTES = 5_000_000
"""Size of a file of addresses."""


@page("segments.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """The segments, those that need a look first, with size, growth and state."""
    folder = request.GET.get("folder")
    wanted = SegmentFilter(
        search=request.GET.get("q", "").strip()[:100],
        kind=request.GET.get("kind", ""),
        status=request.GET.get("status", ""),
        folder=None if folder in (None, "") else folder.removeprefix("/"),
    )
    census = segments.census()
    found = segments.page(wanted, given.number(request.GET.get("after")))
    since = day_of(clock.now()) - timedelta(days=SPARK_DAYS - 1)
    lately = growth.lately([row.pk for row in found.rows], since)
    context = {
        "rows": [
            {"segment": row, "days": lately.get(row.pk, growth.NO_DAYS)} for row in found.rows
        ],
        "next_url": _more(request, found.next) if found.next else "",
        "census": census,
        "wanted": wanted,
        "folder": folder or "",
        "filtered": any(request.GET.get(name) for name in ("q", "kind", "status", "folder")),
    }
    return render(request, "staff/segments/list.html", context)


def _more(request: StaffRequest, after: str) -> str:
    query = request.GET.copy()
    query["after"] = after
    return f"?{query.urlencode()}"


def sentence_of(rule: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The sentence of a stored rule, or what is wrong with it now."""
    known = evaluate.fields()
    try:
        return words.sentence(parse(rule, known), known), []
    except RuleError as error:
        return "", list(error.problems)


@page("segments.read", "GET", "POST", change="segments.write")
def edit(request: StaffRequest, segment_id: int | None = None) -> HttpResponseBase:
    """Make, copy or change a segment; only who may save one sees the form."""
    require(request.actor, "segments.write")
    segment = actions.get(segment_id) if segment_id else None
    problems: list[Any] = []
    found: Clash | None = None
    before: Difference | None = None
    if request.method == "POST":
        try:
            before = _first_look(request, segment)
            saved = None if before else _save(request, segment)
        except RuleError as error:
            problems = list(error.problems)
        except TrellisError as error:
            if error.status == 403:
                raise
            found = clash(error)
            problems = [] if found else [error.message]
        else:
            if saved is not None:
                messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
                return redirect("segments-detail", saved.pk)
    context = {
        "segment": segment,
        "difference": before,
        "problems": problems,
        "clash": found,
        "folders": [name for name, _n in segments.census().folders if name],
        **_written(request, segment),
    }
    if found:
        context["version"] = found.version
    status = 409 if found else 422 if problems else 200
    return render(request, "staff/segments/edit.html", context, status=status)


def _first_look(request: StaffRequest, segment: Segment | None) -> Difference | None:
    """Whom a changed rule would move, for a look before it is saved; None where that was
    seen already, moves nobody, or cannot be counted yet."""
    if segment is None or segment.kind != actions.DYNAMIC or request.POST.get("sure"):
        return None
    try:
        data = rules.read_json(request)
        if to_json(read_draft(data)) == segment.rule:
            return None
        found = actions.compare(request.actor, segment.pk, data, clock.now())
    except NotCounted:
        return None
    return found if found.enter or found.leave else None


def _written(request: StaffRequest, segment: Segment | None) -> dict[str, Any]:
    """What stands in the form: what was typed, else what is stored, else what was asked for
    by the address (``from`` a segment, a ``rule``, a ``name``)."""
    if request.method == "POST":
        post = request.POST
        return {
            "name": post.get("name", ""),
            "description": post.get("description", ""),
            "folder": post.get("folder", ""),
            "kind": segment.kind if segment else post.get("kind", "dynamic"),
            "rule_json": post.get("rule") or "{}",
            "version": post.get("version", ""),
        }
    source = segment
    name = segment.name if segment else request.GET.get("name", "")[:120]
    number = given.number(request.GET.get("from"))
    if segment is None and number is not None:
        source = actions.get(number)
        name = _("Copy of %(name)s") % {"name": source.name[:100]}
    asked = request.GET.get("rule", "") if source is None else ""
    kind = source.kind if source else request.GET.get("kind", "dynamic")
    return {
        "name": name,
        "description": source.description if source else "",
        "folder": source.folder if source else request.GET.get("folder", ""),
        "kind": kind if kind in actions.KINDS else actions.DYNAMIC,
        "rule_json": asked
        or json.dumps(source.rule if source and source.rule else {"all": []}),
        "version": segment.version if segment else "",
    }


def _save(request: StaffRequest, segment: Segment | None) -> Segment:
    post = request.POST
    words_ = {
        "name": post.get("name", ""),
        "description": post.get("description", ""),
        "folder": post.get("folder", ""),
    }
    if segment is None:
        kind = post.get("kind", actions.DYNAMIC)
        return actions.create(
            request.actor,
            key=key_for(post.get("name", "")),
            kind=kind,
            rule=None if kind == actions.STATIC else rules.read_json(request),
            **words_,
        )
    return actions.update(
        request.actor,
        segment.pk,
        clock.now(),
        rule=None if segment.kind == actions.STATIC else rules.read_json(request),
        version=seen(request),
        **words_,
    )


def key_for(name: str) -> str:
    """A key made from a name; by the time where a name has no Latin letter."""
    return slug(name) or f"segment-{clock.now():%Y%m%d%H%M%S}"


@page("segments.read", "POST")
def compare(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """What the rule in the form would change, before it is saved."""
    context: dict[str, Any] = {}
    try:
        data = rules.read_json(request)
        found = actions.compare(request.actor, segment_id, data, clock.now())
        context["difference"] = found
    except NotCounted as error:
        context["later"] = error.message
    except RuleError as error:
        context["problems"] = error.problems
    except InvalidInput as error:
        context["problems"] = [error.message]
    return render(request, "staff/segments/difference.html", context)


@page("segments.read", "POST", change="segments.write")
def act(request: StaffRequest, segment_id: int) -> HttpResponseBase:
    """Archive, rebuild, stop or freeze a segment; take contacts out of it."""
    verb = request.POST.get("act", "")
    segment = actions.get(segment_id)
    chosen = given.numbers(request.POST.getlist("id"))
    now = clock.now()
    if verb == "archive":
        actions.archive(request.actor, segment_id, now)
        messages.success(request, _("%(name)s is archived.") % {"name": segment.name})
        return redirect("segments")
    if verb == "rebuild":
        actions.rebuild(request.actor, segment_id)
        messages.success(request, _("It is being built again."))
    elif verb == "stop":
        actions.stop(request.actor, segment_id)
        messages.success(request, _("Building is stopped. Members stay as they are."))
    elif verb == "snapshot":
        name = f"{segment.name[:90]} · {day_of(now).isoformat()}"
        key = f"{segment.key[:40]}-{now:%Y%m%d-%H%M%S}"
        made = actions.snapshot(request.actor, segment_id, key=key, name=name)
        messages.success(request, _("%(name)s is being taken.") % {"name": made.name})
        return redirect("segments-detail", made.pk)
    elif verb == "remove":
        n = lists.remove(request.actor, segment_id, chosen, now)
        messages.success(request, _("%(n)d taken out.") % {"n": n})
    elif verb == "leave_out":
        held = lists.leave_out(request.actor, segment_id, chosen, now)
        messages.success(
            request, _("Left out, and kept on the list %(name)s.") % {"name": held.name}
        )
    else:
        raise InvalidInput(_("There is no such act."))
    return redirect("segments-detail", segment_id)


@page("segments.read", "POST", change="segments.write")
def paste(request: StaffRequest, segment_id: int) -> HttpResponse | HttpResponseBase:
    """Add people to a list by addresses or numbers, pasted or from a CSV file."""
    text = request.POST.get("people", "")
    file = request.FILES.get("file")
    if file is not None:
        if (file.size or 0) > MOST_BYTES:
            raise InvalidInput(_("The file is too large; import it as contacts instead."))
        text += "\n" + file.read().decode("utf-8", "replace")
    try:
        done = lists.paste(request.actor, segment_id, text, clock.now())
    except InvalidInput as error:
        messages.error(request, error.message)
        return redirect("segments-members", segment_id)
    words_ = ngettext("%(n)d contact added.", "%(n)d contacts added.", done.added)
    messages.success(request, words_ % {"n": done.added})
    if not done.unknown:
        return redirect("segments-members", segment_id)
    context = {"segment": actions.get(segment_id), "done": done}
    return render(request, "staff/segments/pasted.html", context)
