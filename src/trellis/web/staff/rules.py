"""What the rule builder asks: what a rule may be made of, real values, whom a rule finds,
and why it holds for one person or not."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound
from trellis.events import properties
from trellis.events.behaviour import NotCounted, read_draft
from trellis.people import queries as people
from trellis.people.queries import ContactFilter
from trellis.rules import evaluate, explain, offers, remedy
from trellis.rules.parse import written
from trellis.rules.types import Problem, RuleError
from trellis.segments.preview import preview as looked
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.rule_schema import schema
from trellis.web.staff.rule_sentence import sentence
from trellis.web.templatetags.trellis import n as grouped

PEOPLE = 8


def read_json(request: HttpRequest, name: str = "rule") -> dict[str, Any]:
    """The JSON of a rule that a form posted, unchecked; raises ``InvalidInput``."""
    try:
        found = json.loads(request.POST.get(name) or "{}")
    except ValueError as error:
        raise InvalidInput(_("The rule is not valid JSON.")) from error
    except RecursionError as error:
        raise InvalidInput(_("The rule nests too deep.")) from error
    if not isinstance(found, dict):
        raise InvalidInput(_("A rule is a JSON object."))
    return found


def _level(request: HttpRequest) -> int | None:
    """The level that the rule may not read, where its page limits it."""
    return given.number(request.POST.get("level", ""))


@page("segments.read")
def fields(request: StaffRequest) -> HttpResponseBase:
    """Fields, operators and events as the builder needs them."""
    return JsonResponse(schema())


@page("segments.read")
def values(request: StaffRequest) -> HttpResponseBase:
    """Real values to choose from: of a field, the properties of an event, or the values of
    one of them."""
    got, now = request.GET, clock.now()
    search = got.get("q", "")[:100]
    if name := got.get("event", ""):
        kind, prop = got.get("type", "track"), got.get("prop", "")
        if prop:
            rows = properties.values(kind, name, prop, search, now)
            return _offered([{"value": value, "note": grouped(n)} for value, n in rows])
        keys = remember(f"properties {kind} {name}", lambda: properties.keys(kind, name, now))
        return _offered([{"value": row.key, "type": row.type} for row in keys])
    known = evaluate.fields()
    field = known.get(got.get("field", ""))
    if field is None or not offers.offers(field):
        return _offered([])
    found = offers.values(field, search, known, now)
    return _offered([{"value": offer.value, "note": grouped(offer.n)} for offer in found])


def _offered(rows: list[dict[str, Any]]) -> HttpResponseBase:
    return JsonResponse(rows, safe=False)


@page("contacts.read")
def someone(request: StaffRequest) -> HttpResponseBase:
    """People to try a rule on, by words of their name or address."""
    search = request.GET.get("q", "")[:200]
    if not search.strip():
        return _offered([])
    found = people.contacts(ContactFilter(search=search, kind="all"), None, PEOPLE)
    rows = [
        {
            "value": row.contact_id,
            "label": row.name or f"#{row.contact_id}",
            "note": row.email if row.email != row.name else "",
            "url": reverse("contacts-profile", args=[row.contact_id]),
        }
        for row in found.rows
    ]
    return _offered(rows)


@page("segments.read", "POST")
def preview(request: StaffRequest) -> HttpResponseBase:
    """The sentence, the count and a few people of a rule; or what is wrong with it, by
    place. Stores nothing."""
    context: dict[str, Any] = {"named": request.actor.may("contacts.read")}
    problems: list[Problem] = []
    try:
        data = read_json(request)
        rule = written(data, evaluate.fields(), level=_level(request))
        context["sentence"] = sentence(rule, evaluate.fields())
        found = looked(request.actor, data, clock.now(), level=_level(request))
        context |= {"found": found, "people": people.by_ids(found.contact_ids)}
    except NotCounted as error:
        context["later"] = error.message
    except RuleError as error:
        problems = list(error.problems)
    except InvalidInput as error:
        problems = [Problem("", error.message)]
    context["problems"] = problems
    return JsonResponse(
        {
            "html": render_to_string("staff/rules/preview.html", context, request),
            "problems": [{"path": row.path, "message": row.message} for row in problems],
        }
    )


@page("contacts.read", "POST")
def explained(request: StaffRequest) -> HttpResponseBase:
    """A rule for one person, condition by condition, with what would make each hold."""
    contact_id = given.number(request.POST.get("contact", ""))
    who = people.profile(contact_id) if contact_id is not None else None
    if who is None:
        raise NotFound(_("There is no such contact."))
    known = evaluate.fields()
    try:
        rule = read_draft(read_json(request), level=_level(request))
        node = explain.explain(rule, who.contact_id, clock.now(), known)
    except (InvalidInput, KeyError):
        return JsonResponse({"node": None})
    return JsonResponse({"node": remedy.remedies(rule, node, known)})
