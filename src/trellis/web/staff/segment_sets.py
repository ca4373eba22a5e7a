"""Several segments together: how they overlap, and which groups of alike people there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.segments import overlap as overlaps
from trellis.segments import queries as segments
from trellis.segments import similar
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember

PERIODS = (14, 30, 90)


@page("segments.read")
def similar_people(request: StaffRequest) -> HttpResponseBase:
    """Groups of people who behave alike, each ready to become a segment (T6)."""
    asked = given.number(request.GET.get("days"))
    days = asked if asked in PERIODS else 30
    found = remember(f"similar-{days}", lambda: similar.similar(clock.now(), days))
    top = max((group.n for group in found.groups), default=0)
    context = {
        "found": found,
        "periods": PERIODS,
        "rows": [
            {
                "group": group,
                "share": 100 * group.n / top if top else 0,
                "url": _address(" + ".join(row.name for row in group.signals), group.rule),
            }
            for group in found.groups
        ],
    }
    return render(request, "staff/segments/similar.html", context)


@page("segments.read")
def overlap(request: StaffRequest) -> HttpResponseBase:
    """Two to five segments: how many are in each combination of them."""
    chosen = list(dict.fromkeys(given.numbers(request.GET.getlist("id"))))[: overlaps.MOST]
    context: dict[str, Any] = {
        "choices": segments.segments(),
        "chosen": chosen,
        "places": [*chosen, *[0] * (overlaps.MOST - len(chosen))],
    }
    if len(chosen) >= overlaps.FEWEST:
        key = "overlap-" + "-".join(map(str, chosen))
        found = remember(key, lambda: overlaps.overlap(chosen))
        top = max((part.n for part in found.parts), default=0)
        names = {row.pk: row for row in found.segments}
        context["found"] = found
        context["rows"] = [
            {
                "part": part,
                "marks": [row.pk in part.inside for row in found.segments],
                "share": 100 * part.n / top if top else 0,
                "all": len(part.inside) == len(found.segments),
                "label": " + ".join(names[id_].name for id_ in part.inside),
                "url": _new(
                    [names[id_] for id_ in part.inside],
                    [row for row in found.segments if row.pk not in part.inside],
                ),
            }
            for part in found.parts
        ]
    return render(request, "staff/segments/overlap.html", context)


def _new(inside: list[Any], outside: list[Any]) -> str:
    """Where these people become a segment of their own."""
    name = " + ".join(row.name for row in inside)
    if outside:
        name = _("%(name)s only") % {"name": name}
    rule = overlaps.rule_of([row.key for row in inside], [row.key for row in outside])
    return _address(name, rule)


def _address(name: str, rule: Mapping[str, Any]) -> str:
    query = {"name": name[:120], "rule": json.dumps(rule)}
    return f"{reverse('segments-new')}?{urlencode(query)}"
