"""Filters of the list of contacts that people keep: as tabs above it, and the page where one
is named, shared, changed or deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput, NotFound, TrellisError
from trellis.people import masking
from trellis.people.models import Company, Tag
from trellis.rules import evaluate, private
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.rules.words import sentence
from trellis.segments import saved
from trellis.segments.models import SavedFilter, Segment
from trellis.segments.saved import Query
from trellis.web.staff import given, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A filter above the list; ``here`` says that it is open."""

    row: SavedFilter
    url: str
    here: bool
    mine: bool
    may_change: bool


def query_of(got: QueryDict) -> Query:
    """What an address says, in the words of ``saved.KEYS``. Raises ``InvalidInput`` for a rule
    that is no JSON."""
    found: Query = {key: got.get(key, "") for key in saved.KEYS if got.get(key)}
    if "col" in found:
        found["col"] = got.getlist("col")
    if "rule" in found:
        try:
            found["rule"] = json.loads(found["rule"])
        except (ValueError, RecursionError) as error:
            raise InvalidInput(_("The rule is not valid JSON.")) from error
    return found


def address(query: Query, view: int | None = None) -> str:
    """The address of the list under a filter."""
    pairs = _pairs(query) | ({} if view is None else {"view": view})
    return f"{reverse('contacts')}?{urlencode(pairs, doseq=True)}"


def tabs(request: StaffRequest) -> dict[str, Any]:
    """What the list shows of kept filters: all tabs, the open one, and whether the list is
    filtered otherwise by now."""
    view = given.number(request.GET.get("view"))
    rows = [
        Tab(
            row=row,
            url=address(row.query, row.pk),
            here=row.pk == view,
            mine=saved.owns(request.actor, row),
            may_change=saved.may_change(request.actor, row),
        )
        for row in saved.visible(request.actor)
    ]
    here = next((tab for tab in rows if tab.here), None)
    try:
        query: Query = saved.clean(query_of(request.GET))
    except InvalidInput:
        query = {}
    edited = here is not None and bool(query) and query != here.row.query
    return {
        "tabs": rows,
        "view": here,
        "edited": edited,
        "keep_query": urlencode(_pairs(query), doseq=True) if query else "",
    }


def _shown(query: Query) -> Query:
    """A filter as who reads now may see it."""
    found: Query = private.shown(query, evaluate.fields()) if masking.veiled() else query
    return found


def _pairs(query: Query) -> dict[str, Any]:
    return {
        key: json.dumps(value, ensure_ascii=False) if key == "rule" else value
        for key, value in _shown(query).items()
    }


@page("contacts.read", "GET", "POST")
def edit(request: StaffRequest, filter_id: int | None = None) -> HttpResponseBase:
    """Name a filter and say who sees it; the address says what it filters, where it is new
    or changes."""
    row = saved.get(request.actor, filter_id) if filter_id else None
    source = request.POST if request.method == "POST" else request.GET
    query = query_of(QueryDict(source.get("query", ""))) if "query" in source else None
    if query is None and row is None:
        query = query_of(request.GET)
    fault, found = "", None
    if request.method == "POST":
        try:
            if row is not None and request.POST.get("act") == "delete":
                saved.delete(request.actor, row.pk)
                messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
                return redirect("contacts")
            kept = _save(request, row, query)
            messages.success(request, _("%(name)s is saved.") % {"name": kept.name})
            return redirect(address(kept.query, kept.pk))
        except TrellisError as error:
            if error.status in (403, 404):
                raise
            found = clash(error, texts={"query": _filter_words})
            fault = "" if found else error.message
    context = _form(request, row, query, found) | {"fault": fault, "clash": found}
    status = 409 if found else 422 if fault else 200
    return render(request, "staff/contacts/filter.html", context, status=status)


def _save(request: StaffRequest, row: SavedFilter | None, query: Query | None) -> SavedFilter:
    post, actor = request.POST, request.actor
    shared = bool(post.get("shared"))
    if row is None:
        return saved.create(actor, post.get("name", ""), query or {}, shared=shared)
    return saved.update(
        actor,
        row.pk,
        name=post.get("name", ""),
        query=query,
        shared=shared if "sharing" in post else None,
        version=seen(request),
    )


def _filter_words(value: Any) -> str:
    return "; ".join(f"{label}: {text}" for label, text in said(value))


def _form(
    request: StaffRequest, row: SavedFilter | None, query: Query | None, found: Clash | None
) -> dict[str, Any]:
    posted = request.POST if request.method == "POST" else None
    changed = query is not None and row is not None and query != row.query
    shown: Query = query if query is not None else row.query if row is not None else {}
    return {
        "row": row,
        "name": posted.get("name", "") if posted is not None else row.name if row else "",
        "shared": bool(posted.get("shared"))
        if posted is not None
        else bool(row and row.shared),
        "version": found.version if found else row.version if row else "",
        "said": list(said(shown)),
        "query": urlencode(_pairs(shown), doseq=True),
        "changed": changed,
        "may_change": row is None or saved.may_change(request.actor, row),
        "back": address(shown, row.pk if row else None),
    }


def said(query: Query) -> Iterable[tuple[str, str]]:
    """What a filter asks for, in words: (what, which)."""
    kinds = {"anonymous": _("Anonymous"), "all": _("Everybody")}
    if text := query.get("q"):
        yield _("Search"), f"“{text}”"
    if query.get("kind") in kinds:
        yield _("Known or not"), kinds[query["kind"]]
    if warmth := words.TEMPERATURES.get(query.get("temperature", "")):
        yield _("Temperature"), str(warmth[0])
    if number := given.number(query.get("stage")):
        stages = {
            choice.id: choice.label for choice in evaluate.fields()["stage"].choices or ()
        }
        yield _("Stage"), str(stages.get(number, "–"))
    if number := given.number(query.get("segment")):
        names = Segment.objects.filter(pk=number).values_list("name", flat=True)
        yield _("Segment"), names.first() or "–"
    if tag := query.get("tag"):
        labels = Tag.objects.filter(key=tag).values_list("name", flat=True)
        yield _("Tag"), labels.first() or tag
    if number := given.number(query.get("company")):
        firms = Company.objects.filter(pk=number).values_list("name", flat=True)
        yield _("Company"), firms.first() or "–"
    if rule := query.get("rule"):
        yield _("Rule"), _sentence(rule)
    if query.get("sort") == "score":
        yield _("Order"), _("Highest score first")


def _sentence(rule: Any) -> str:
    known = evaluate.fields()
    try:
        return sentence(parse(rule, known), known)
    except RuleError as error:
        return error.message


@page("contacts.read", change="segments.write")
def to_segment(request: StaffRequest) -> HttpResponseBase:
    """The form of a new segment with the rule that a filter amounts to."""
    view = given.number(request.GET.get("view"))
    name = ""
    if view is not None:
        try:
            name = saved.get(request.actor, view).name
        except NotFound:
            name = ""
    rule = saved.as_rule(saved.clean(query_of(request.GET)))
    pairs = {"name": name, "rule": json.dumps(rule, ensure_ascii=False)}
    return redirect(f"{reverse('segments-new')}?{urlencode(pairs)}")
