"""How many people stand in each stage, over time (L2)."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _

from trellis.reports.people_per_stage import PeoplePerStage, people_per_stage
from trellis.reports.periods import Step
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import shared


def label(day: date, step: Step) -> str:
    """A period as an axis shows it."""
    if step == "month":
        return formats.date_format(day, "YEAR_MONTH_FORMAT")
    return formats.date_format(day, "MONTH_DAY_FORMAT")


@page("reports.read")
def show(request: StaffRequest) -> HttpResponseBase:
    """Plot and table; ``format=csv`` gives the file."""
    asked = shared.asked(request)
    visitors = request.GET.get("visitors") == "on"
    key = f"pps-{asked.line.pk}-{asked.since}-{asked.today}-{asked.step}-{visitors}"
    found = remember(
        key,
        lambda: people_per_stage(
            asked.line.pk, asked.since, asked.today, asked.step, visitors=visitors
        ),
    )
    if request.GET.get("format") == "csv":
        head = [_("Period from"), *(row.name for row in found.stages)]
        rows = [[day, *n] for day, n in zip(found.periods, found.counts, strict=True)]
        return shared.as_csv("people-per-stage", head, rows)
    table = list(zip(found.periods, found.counts, strict=True))[::-1]
    context = asked.context | {
        "found": found,
        "visitors": visitors,
        "plot": _plot(found, asked.step),
        "tiles": list(
            zip(found.stages, found.counts[-1], found.last_change, strict=True)
            if found.counts
            else []
        ),
        "rows": [(label(day, asked.step), day, counts) for day, counts in table],
    }
    return render(request, "staff/reports/people_per_stage.html", context)


def _plot(found: PeoplePerStage, step: Step) -> dict[str, object]:
    columns = zip(*found.counts, strict=True)
    return {
        "labels": [label(day, step) for day in found.periods],
        "series": [
            {"name": row.name, "data": list(column)}
            for row, column in zip(found.stages, columns, strict=True)
        ],
    }
