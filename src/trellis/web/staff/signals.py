"""Signals: what is counted of people's behaviour."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.events import queries as events
from trellis.web.staff.access import StaffRequest, page

SEEN = timedelta(days=30)


@page("signals.read")
def signals(request: StaffRequest) -> HttpResponseBase:
    """What is counted, how often it was seen lately, and how far back-fills are."""
    rows = events.signals(clock.now() - SEEN)
    context = {
        "title": _("Signals"),
        "rows": rows,
        "building": any(row.signal.status == "building" for row in rows),
    }
    template = "staff/signals.html#list" if request.htmx else "staff/signals.html"
    return render(request, template, context)
