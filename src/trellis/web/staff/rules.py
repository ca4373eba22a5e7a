"""What the rule builder asks: the fields there are, and what a rule says and finds."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.events import queries as events
from trellis.people import queries as people
from trellis.rules import evaluate, explain, words
from trellis.rules.lowering import is_lowered
from trellis.rules.operators import OPERATORS
from trellis.rules.parse import parse
from trellis.rules.registry import Fields
from trellis.rules.types import Rule, RuleError, is_empty
from trellis.web.staff.access import StaffRequest, page

SAMPLE = 10


def read(request: HttpRequest, known: Fields | None = None) -> Rule:
    """The rule that a form posted; raises ``RuleError``, also for what is not JSON."""
    return parse(read_json(request), known or evaluate.fields())


def read_json(request: HttpRequest, name: str = "rule") -> dict[str, Any]:
    """The JSON of a rule that a form posted, unchecked; raises ``InvalidInput``."""
    try:
        found = json.loads(request.POST.get(name) or "{}")
    except ValueError as error:
        raise InvalidInput(_("The rule is not valid JSON.")) from error
    if not isinstance(found, dict):
        raise InvalidInput(_("A rule is a JSON object."))
    return found


def _words() -> dict[str, str]:
    return {
        "all": _("All of these hold"),
        "any": _("At least one of these holds"),
        "none": _("None of these holds"),
        "group": _("How the conditions join"),
        "condition": _("Condition"),
        "behaviour": _("Something they did"),
        "add_group": _("Group"),
        "remove": _("Remove"),
        "field": _("Field"),
        "operator": _("Comparison"),
        "value": _("Value"),
        "event": _("Event"),
        "property": _("Property"),
        "with": _("where"),
        "many": _("Values, separated by commas"),
        "choose": _("Choose"),
        "yes": _("yes"),
        "no": _("no"),
        "length": _("How long"),
        "unit": _("Unit"),
        "day": _("days"),
        "week": _("weeks"),
        "month": _("months"),
        "window": _("When"),
        "ever": _("ever"),
        "within": _("within the last"),
        "not_since": _("and not since then"),
        "whatever_after": _("whatever came after"),
        "channel": _("Channel"),
        "any_channel": _("any channel"),
    }


@page("segments.read")
def fields(request: StaffRequest) -> HttpResponseBase:
    """Fields, operators and events as the builder needs them."""
    known = evaluate.fields()
    found = {
        "fields": [
            {
                "key": field.key,
                "label": str(field.label),
                "type": field.type,
                "group": str(field.group),
                "choices": None
                if field.choices is None
                else [{"key": item.key, "label": str(item.label)} for item in field.choices],
            }
            for field in known.values()
        ],
        "operators": [
            {
                "key": operator.key,
                "label": str(operator.label),
                "types": sorted(operator.types),
                "value": operator.value,
                "windowed": operator.windowed,
                "ordered": operator.ordered,
            }
            for operator in OPERATORS.values()
        ],
        "events": [{"type": row.type, "name": row.name} for row in events.catalogue()],
        "words": _words(),
    }
    return JsonResponse(found)


@page("segments.read", "POST")
def preview(request: StaffRequest) -> HttpResponseBase:
    """The sentence, the count and a few people of a rule. Stores nothing."""
    known = evaluate.fields()
    try:
        rule = read(request, known)
    except RuleError as error:
        return render(request, "staff/rules/preview.html", {"problems": error.problems})
    except InvalidInput as error:
        return render(request, "staff/rules/preview.html", {"problems": [error.message]})
    context: dict[str, Any] = {"sentence": words.sentence(rule, known), "empty": is_empty(rule)}
    if not is_empty(rule) and is_lowered(rule):
        now = clock.now()
        context["count"] = evaluate.count(rule, now, known)
        ids = evaluate.sample(rule, now, SAMPLE, known)
        context["people"] = people.by_ids(ids)
    return render(request, "staff/rules/preview.html", context)


def explained(rule: Rule, contact_id: int) -> explain.Explanation:
    """Why a rule holds for a contact or not, leaf by leaf."""
    return explain.explain(rule, contact_id, clock.now())
