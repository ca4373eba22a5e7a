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
from trellis.events.behaviour import NotCounted
from trellis.people import queries as people
from trellis.rules import evaluate, explain, words
from trellis.rules.operators import OPERATORS
from trellis.rules.parse import parse
from trellis.rules.types import Rule, RuleError, is_empty
from trellis.segments import actions as segments
from trellis.web.staff.access import StaffRequest, page


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
    template = "staff/rules/preview.html"
    try:
        data = read_json(request)
        rule = parse(data, evaluate.fields())
        found = segments.preview(request.actor, data, clock.now())
    except NotCounted as error:
        sentence = words.sentence(rule, evaluate.fields())
        return render(request, template, {"sentence": sentence, "later": error.message})
    except RuleError as error:
        return render(request, template, {"problems": error.problems})
    except InvalidInput as error:
        return render(request, template, {"problems": [error.message]})
    context = {
        "sentence": found.sentence,
        "empty": is_empty(rule),
        "count": found.count,
        "people": people.by_ids(found.contact_ids),
    }
    return render(request, template, context)


def explained(rule: Rule, contact_id: int) -> explain.Explanation:
    """Why a rule holds for a contact or not, leaf by leaf."""
    return explain.explain(rule, contact_id, clock.now())
