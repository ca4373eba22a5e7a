"""How many of those who came reached each stage: wide and narrow (L5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.core.days import zone
from trellis.leads import queries as leads
from trellis.reports.conversion import Reached, conversion
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import shared

FEW = 20
"""Fewer leads before a step say nothing about it."""


@page("reports.read")
def show(request: StaffRequest) -> HttpResponseBase:
    """The funnel of a cohort; ``format=csv`` gives the file."""
    asked = shared.asked(request)
    stages = leads.live_stages(leads.stages(asked.line.pk))
    since = datetime.combine(asked.since, time(), zone())
    until = datetime.combine(asked.today + timedelta(days=1), time(), zone())
    rows = remember(
        f"conversion-{asked.line.pk}-{since}-{until}",
        lambda: conversion(asked.line.pk, stages, since, until),
    )
    if request.GET.get("format") == "csv":
        head = [_("Stage"), _("Leads"), _("From the stage before"), _("To won")]
        table = [[r.stage.name, r.n, round(r.wide, 4), round(r.narrow, 4)] for r in rows]
        return shared.as_csv("conversion", head, table)
    most = max([row.n for row in rows] or [0]) or 1
    worst = _worst(rows)
    context = asked.context | {
        "stepless": True,
        "rows": [
            {"row": row, "share": round(100 * row.n / most), "worst": row is worst}
            for row in rows
        ],
        "any": any(row.n for row in rows),
        "came": rows[0].n if rows else 0,
        "won": rows[0].narrow if rows else None,
        "worst": worst,
    }
    return render(request, "staff/reports/conversion.html", context)


def _worst(rows: Sequence[Reached]) -> Reached | None:
    """The stage before which most stop, on the way to the first won; None where too few came
    to tell."""
    told = [
        after
        for before, after in pairwise(rows)
        if before.n >= FEW and after.wide < 1 and before.stage.kind != "won"
    ]
    return min(told, key=lambda row: row.wide, default=None)
