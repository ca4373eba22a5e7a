"""Contacts in zones: one group beside the other, the highest score first inside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from trellis.core.paging import estimate
from trellis.leads import queries as leads
from trellis.people.queries import ContactFilter, Predicate
from trellis.people.zones import best_of_each, by_interest
from trellis.segments import queries as segments
from trellis.web.staff import words
from trellis.web.staff.access import StaffRequest, page

TOP = 8
"""People shown in each zone."""
AT_ONCE = 50_000
"""Up to so many contacts, all zones come with the page; beyond, one after the other."""
MOST = 24
"""Zones on the page."""
GROUPS = {
    "stage": _("By stage"),
    "temperature": _("By temperature"),
    "segment": _("By segment"),
}


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One group: its key and name, and the query of the list that shows all of it."""

    key: str
    name: Any
    query: str
    filter: ContactFilter


def _zones(by: str) -> list[Zone]:
    if by == "temperature":
        return [
            Zone(
                key=key,
                name=name,
                query=f"temperature={key}",
                filter=ContactFilter(temperature=key),
            )
            for key, (name, _symbol) in words.TEMPERATURES.items()
        ]
    if by == "segment":
        member = (
            "EXISTS (SELECT 1 FROM membership f WHERE f.contact_id = c.contact_id"
            " AND f.segment_id = %(segment)s)"
        )
        return [
            Zone(
                key=str(row.pk),
                name=row.name,
                query=f"segment={row.pk}",
                filter=ContactFilter(more=(Predicate(sql=member, params={"segment": row.pk}),)),
            )
            for row in segments.segments()[:MOST]
        ]
    found: Sequence[leads.StageRow] = leads.live_stages(leads.stages())
    return [
        Zone(
            key=str(row.id),
            name=row.name,
            query=f"stage={row.id}",
            filter=ContactFilter(stage_id=row.id),
        )
        for row in found
    ]


@page("contacts.read")
def zones(request: StaffRequest) -> HttpResponseBase:
    """All zones of a kind, or (``zone``) the rows of one."""
    by = request.GET.get("by", "stage")
    by = by if by in GROUPS else "stage"
    found = _zones(by)
    context: dict[str, Any] = {"by": by, "groups": GROUPS, "stages": leads.stages()}
    if "zone" in request.GET:
        chosen = next((zone for zone in found if zone.key == request.GET["zone"]), None)
        if chosen is None:
            raise Http404
        context |= {"zone": chosen, "rows": by_interest(chosen.filter, "", TOP).rows}
        return render(request, "staff/contacts/zone.html", context)
    together = estimate("standing") < AT_ONCE
    rows = best_of_each([zone.filter for zone in found], TOP) if together else repeat(())
    context["zones"] = [
        {"zone": zone, "lazy": not together, "rows": best}
        for zone, best in zip(found, rows, strict=False)
    ]
    return render(request, "staff/contacts/zones.html", context)
