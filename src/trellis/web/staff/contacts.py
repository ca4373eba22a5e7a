"""The list of contacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.core.paging import Cursor, estimate
from trellis.events.behaviour import read_draft
from trellis.leads import queries as leads
from trellis.people import company_queries, tags
from trellis.people import queries as people
from trellis.people.company_queries import CompanyDetail
from trellis.people.queries import ContactFilter, Predicate
from trellis.people.zones import by_interest
from trellis.rules import evaluate
from trellis.segments import queries as segments
from trellis.web.staff import given, saved_filters, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.templatetags.trellis import n as grouped

LIMIT = 50
ESTIMATE_FROM = 100_000
COLUMNS: Mapping[str, Any] = {
    "stage": gettext_lazy("Stage"),
    "score": gettext_lazy("Score"),
    "place": gettext_lazy("Place"),
    "phone": gettext_lazy("Phone"),
    "company": gettext_lazy("Company"),
    "tags": gettext_lazy("Tags"),
    "language": gettext_lazy("Language"),
    "seen": gettext_lazy("Last seen"),
    "created": gettext_lazy("Added"),
}
SHOWN = ("stage", "score", "company", "tags", "seen")


def filter_of(request: HttpRequest) -> ContactFilter:
    """The filter that the address of a list says."""
    got = request.GET
    more: list[Predicate] = []
    if (segment := given.number(got.get("segment"))) is not None:
        sql = (
            "EXISTS (SELECT 1 FROM membership f WHERE f.contact_id = c.contact_id"
            " AND f.segment_id = %(segment)s)"
        )
        more.append(Predicate(sql=sql, params={"segment": segment}))
    if tag := got.get("tag", "")[:64]:
        more.append(Predicate(sql="c.tags ? %(tag)s", params={"tag": tag}))
    if (company := given.number(got.get("company"))) is not None:
        more.append(Predicate(sql="c.company_id = %(company)s", params={"company": company}))
    if got.get("rule"):
        more.append(_by_rule(got["rule"]))
    return ContactFilter(
        search=got.get("q", "")[:200],
        kind=got.get("kind") if got.get("kind") in {"known", "anonymous", "all"} else "known",  # type: ignore[arg-type]  # one of three words
        temperature=got["temperature"] if got.get("temperature") in words.TEMPERATURES else "",
        stage_id=given.number(got.get("stage")),
        more=tuple(more),
    )


def _by_rule(text: str) -> Predicate:
    """A rule in an address, as a condition. Raises ``InvalidInput`` where it is none."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidInput(_("The rule is not valid JSON.")) from error
    except RecursionError as error:
        raise InvalidInput(_("The rule nests too deep.")) from error
    rule = read_draft(data)
    found = evaluate.condition(rule, clock.now())
    return Predicate(sql=found.text, params=found.params)


@page("contacts.read")
def contacts(request: StaffRequest) -> HttpResponseBase:
    """The list, a page of it, filtered as the address says. A kept filter that no longer works
    opens where it can be mended."""
    view = given.number(request.GET.get("view"))
    try:
        filters = filter_of(request)
    except InvalidInput as error:
        if view is None:
            raise
        messages.error(request, error.message)
        return redirect("filters-edit", view)
    by_score = request.GET.get("sort") == "score"
    total, frequent = _total(filters)
    if by_score:
        found = by_interest(filters, request.GET.get("after", ""), LIMIT)
    else:
        after = Cursor.decode(request.GET.get("after", ""))
        often = bool(filters.search) and frequent
        found = people.contacts(filters, after, LIMIT, frequent=often)
    stages = leads.stages()
    chosen = [name for name in request.GET.getlist("col") if name in COLUMNS] or list(SHOWN)
    context = {
        "page": found,
        "stages": stages,
        "stage_choices": leads.live_stages(stages),
        "segments": segments.segments(),
        "segment": request.GET.get("segment", ""),
        "tags": {tag.key: tag for tag in tags.live()},
        "tag": request.GET.get("tag", ""),
        "company": _company(request),
        "filters": filters,
        "filtered": bool(set(request.GET) - {"after", "col", "kind", "sort", "view"}),
        "total": total,
        "columns": COLUMNS,
        "chosen": chosen,
        "by_score": by_score,
        "temperatures": words.TEMPERATURES,
        "rule_json": request.GET.get("rule") or '{"all": []}',
        "rule_own": True,
        "by_rule": bool(request.GET.get("rule")),
        **saved_filters.tabs(request),
    }
    return render(request, "staff/contacts/list.html", context)


def _company(request: HttpRequest) -> CompanyDetail | None:
    """The company whose people are asked for."""
    number = given.number(request.GET.get("company"))
    return company_queries.company(number) if number is not None else None


def _total(filters: ContactFilter) -> tuple[str, bool]:
    """How many there are, in words, and whether that is many: exact where counting is cheap,
    "about" or "more than" elsewhere."""
    plain = filters in (ContactFilter(kind="all"), ContactFilter(kind="known"))
    everybody = estimate("contact") if plain else 0
    if everybody > ESTIMATE_FROM and filters.kind == "all":
        return _("about %(n)s") % {"n": grouped(everybody)}, True
    if plain and everybody > ESTIMATE_FROM:
        return grouped(remember("known", lambda: people.count(filters, everybody))), True
    limit = ESTIMATE_FROM if plain else people.COUNT_LIMIT * (5 if filters.search else 1)
    n = people.count(filters, limit)
    if n >= limit:
        return _("more than %(n)s") % {"n": grouped(n)}, True
    return grouped(n), False
