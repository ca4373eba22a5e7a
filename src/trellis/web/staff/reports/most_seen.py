"""Most viewed pages, most clicked buttons and links, most read messages (T2)."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trellis.reports.most_seen import KINDS, WHATS, MostSeen, What, most_seen
from trellis.segments import queries as segments
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import shared

TITLES: dict[str, Any] = {
    "pages": gettext_lazy("Pages"),
    "clicks": gettext_lazy("Buttons and links"),
    "messages": gettext_lazy("Messages"),
}
COLUMNS: dict[str, Any] = {
    "page": gettext_lazy("Viewed"),
    "read": gettext_lazy("Read to the end"),
    "click": gettext_lazy("Clicked"),
    "sent": gettext_lazy("Sent"),
    "opened": gettext_lazy("Opened by people"),
    "clicked": gettext_lazy("Clicked by people"),
}


@page("reports.read")
def show(request: StaffRequest) -> HttpResponseBase:
    """The list, its plot, narrowed by period and segment; ``format=csv`` gives the file."""
    asked = shared.asked(request, span="30", step="day")
    wanted = request.GET.get("what", "pages")
    what = cast(What, wanted if wanted in WHATS else "pages")
    segment_id = given.number(request.GET.get("segment"))
    key = f"seen-{what}-{asked.since}-{asked.today}-{segment_id}"
    found = remember(key, lambda: most_seen(what, asked.since, asked.today, segment_id))
    if request.GET.get("format") == "csv":
        return _csv(what, found)
    kinds = KINDS[what]
    top = max((item.times[_place(what)] for item in found.items), default=0)
    context = asked.context | {
        "what": what,
        "titles": TITLES,
        "heads": [COLUMNS[kind] for kind in kinds],
        "found": found,
        "segment_id": segment_id,
        "segments": segments.segments(),
        "rows": [
            {
                "item": item,
                "cells": _cells(what, item.times),
                "people": item.people[_place(what)],
                "share": 100 * item.times[_place(what)] / top if top else 0,
            }
            for item in found.items
        ],
        "plot": {
            "labels": [formats.date_format(day, "MONTH_DAY_FORMAT") for day, _n in found.days],
            "series": [
                {"name": str(COLUMNS[kinds[_place(what)]]), "data": [n for _d, n in found.days]}
            ],
        },
    }
    return render(request, "staff/reports/most_seen.html", context)


def _place(what: What) -> int:
    return 1 if what == "messages" else 0


def _cells(what: What, times: Any) -> list[tuple[Any, int, int | None]]:
    """Each figure under its heading, with its share of the first, in per cents."""
    first = times[0]
    shares = [None, *(round(100 * n / first) if first else None for n in times[1:])]
    heads = [COLUMNS[kind] for kind in KINDS[what]]
    return list(zip(heads, times, shares, strict=True))


def _csv(what: What, found: MostSeen) -> HttpResponseBase:
    heads = [str(COLUMNS[kind]) for kind in KINDS[what]]
    rows = [
        [item.key, item.label, *item.times, item.people[_place(what)]] for item in found.items
    ]
    return shared.as_csv(f"most-{what}", [_("Key"), _("Name"), *heads, _("People")], rows)
