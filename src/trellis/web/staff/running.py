"""The bar of the sandbox's clock."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.core.instance import require_sandbox
from trellis.core.jobs import enqueue
from trellis.pipeline import queries as pipeline
from trellis.web.staff.access import StaffRequest, page

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@page("clock.move", "GET", "POST")
def clock_bar(request: StaffRequest) -> HttpResponseBase:
    """The bar; POST asks for the clock to be moved in the background."""
    require_sandbox()
    if request.method == "POST":
        step = STEPS.get(request.POST.get("by", ""))
        if step is None:
            raise InvalidInput(_("An hour, a day or a week."))
        start = clock.now()
        target = (start + step).replace(microsecond=0)
        args = {"start": start.isoformat(), "target": target.isoformat()}
        if enqueue("pipeline.advance_clock", once="clock", **args):
            audit.record(request.actor, "clock.move", "instance", 1, f"to {target:%F %R}")
        if not request.htmx:
            return redirect("home")
    elif request.htmx and pipeline.advancing() is None:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "parts/clock.html")
