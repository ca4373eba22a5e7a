"""The rules of a journey's definition, to be edited with the rule builder."""

from __future__ import annotations

from django.http import HttpResponseBase, JsonResponse
from django.utils.html import conditional_escape

from trellis.journeys.definition.places import Place, places, replaced
from trellis.web.staff import rules
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.rule_sentence import shown


@page("journeys.read", "POST")
def listed(request: StaffRequest) -> HttpResponseBase:
    """The rules that stand in a definition, with their sentences; or, where a rule is sent
    with its ``path``, the definition with that rule in its place. Stores nothing."""
    source = request.POST.get("source", "").replace("\r\n", "\n")
    if path := request.POST.get("path", ""):
        return JsonResponse({"source": replaced(source, path, rules.read_json(request))})
    return JsonResponse({"rules": [_row(place) for place in places(source)]})


def _row(place: Place) -> dict[str, object]:
    text = ""
    if not place.event_name:
        sentence, problems = shown(dict(place.rule))
        text = sentence or " ".join(conditional_escape(str(problem)) for problem in problems)
    return {
        "path": place.path,
        "line": place.line,
        "rule": place.rule,
        "event": {"type": place.event_type, "name": place.event_name},
        "html": text,
    }
