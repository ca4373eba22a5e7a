"""How the whole runs: what waits, who works, what was refused and can be read again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.core import clock
from trellis.core.paging import Cursor
from trellis.events import queries as events
from trellis.messaging import alarms
from trellis.people import masking
from trellis.pipeline import gauges
from trellis.pipeline import queries as pipeline
from trellis.tracking import replay
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page

MINUTES = 60
DAY = timedelta(days=1)
LIMIT = 50
SHOWN_BYTES = 4_000
COUNTED = (
    *("accepted", "noted", "rejected", "arrival", "duplicate", "form_spam", "chain_cut"),
    "segment_size",
)
"""Counters that the page sums up over a day."""


@page("health.read")
def health(request: StaffRequest) -> HttpResponseBase:
    """The page, and its live part when asked by htmx."""
    now = clock.now()
    found = gauges.read()
    context = {
        "title": _("Health"),
        "gauges": found,
        "late": found.lag > pipeline.LATE,
        "working": [worker for worker in found.workers if worker.alive],
        "gone": [worker for worker in found.workers if not worker.alive],
        "alarms": alarms.alarms(),
        "minutes": _minutes(),
        "counted": {
            name: reasons
            for name, reasons in events.counted(COUNTED, now - DAY).items()
            if reasons
        },
        "reasons": events.rejected_by_reason(now - timedelta(days=7)),
    }
    template = "staff/health.html#live" if request.htmx else "staff/health.html"
    return render(request, template, context)


@page(None)
def banner(request: StaffRequest) -> HttpResponseBase:
    """A line under the top bar where the pipeline is behind; nothing otherwise."""
    found = pipeline.overview()
    if not found.late:
        return HttpResponse("")
    return render(request, "parts/lag.html", {"health": found})


@page("health.read", "GET", "POST", change="events.write")
def rejected(request: StaffRequest) -> HttpResponseBase:
    """Items that were not accepted, with their reasons; POST reads chosen ones again."""
    if request.method == "POST":
        chosen = given.numbers(request.POST.getlist("id"))
        done = replay.replay(request.actor, chosen[:1000])
        text = ngettext(
            "%(n)d item was accepted, %(m)d refused again.",
            "%(n)d items were accepted, %(m)d refused again.",
            done.accepted,
        )
        messages.success(request, text % {"n": done.accepted, "m": done.refused})
        return redirect(request.get_full_path())
    reason = request.GET.get("reason", "")[:40]
    after = Cursor.decode(request.GET.get("after", ""))
    found = events.rejected(reason, after, LIMIT)
    for row in found.rows:
        row.detail = masking.text(row.detail)
    context = {
        "title": _("Rejected events"),
        "page": found,
        "rows": [(row, masking.body(_readable(bytes(row.body)))) for row in found.rows],
        "reason": reason,
        "reasons": events.rejected_by_reason(clock.now() - timedelta(days=90)),
    }
    return render(request, "staff/rejected.html", context)


def _minutes() -> dict[str, Any]:
    steps = events.per_minute("logged", clock.now(), MINUTES)
    return {
        "labels": [timezone.localtime(at).strftime("%H:%M") for at, _n in steps],
        "series": [{"name": _("Events per minute"), "data": [n for _at, n in steps]}],
    }


def _readable(body: bytes) -> str:
    return body[:SHOWN_BYTES].decode("utf-8", "replace").replace("\x00", "�")
