"""Which leads stand still (D11), and how long each stage takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.leads import queries as leads
from trellis.reports import stuck as report
from trellis.reports.stuck import Limit
from trellis.reports.time_in_stage import time_in_stage
from trellis.web.staff import lead_words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import shared

YEAR = timedelta(days=365)


def limits(line_id: int, stages: Sequence[leads.StageRow]) -> Sequence[Limit]:
    """What is too long in each stage now."""
    since = clock.now() - YEAR
    return report.limits(
        stages, remember(f"spans-{line_id}", lambda: time_in_stage(line_id, since))
    )


def how_many() -> int:
    """Leads that are stuck in the default line, for the home page."""
    line = leads.line()
    found = limits(line.pk, report.live(line.pk))
    return sum(report.counts(line.pk, found, clock.now()).values())


@page("reports.read")
def show(request: StaffRequest) -> HttpResponseBase:
    """Time in each stage, and the leads that take too long; ``format=csv`` gives the file."""
    asked = shared.asked(request)
    now, line_id = clock.now(), asked.line.pk
    stages = report.live(line_id)
    spans = remember(f"spans-{line_id}", lambda: time_in_stage(line_id, now - YEAR))
    found = report.limits(stages, spans)
    rows = report.stuck(line_id, found, now)
    names = {stage.id: stage for stage in stages}
    if request.GET.get("format") == "csv":
        head = [_("Contact"), _("Name"), _("Stage"), _("Since"), _("Days"), _("Owner")]
        return shared.as_csv(
            "stuck-leads",
            head,
            [
                [r.contact_id, r.name, names[r.stage_id].name, r.since, (now - r.since).days, r.owner]
                for r in rows
            ],
        )  # fmt: skip
    counts = report.counts(line_id, found, now)
    too_long = {limit.stage.id: limit for limit in found}
    context = asked.context | {
        "stepless": True,
        "spanless": True,
        "rows": rows,
        "names": names,
        "most": report.MOST,
        "total": sum(counts.values()),
        "stages": [
            {
                "stage": stage,
                "span": spans.get(stage.id),
                "limit": too_long.get(stage.id),
                "stuck": counts.get(stage.id, 0),
            }
            for stage in stages
        ],
        "length": lead_words.length,
    }
    return render(request, "staff/reports/stuck.html", context)
