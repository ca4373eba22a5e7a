"""Funnels: an ordered list of signals and stages, where people stop, and what was saved."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.accounts.access import require
from trellis.core import clock
from trellis.core.errors import Conflict, InvalidInput, TrellisError
from trellis.events.models import Signal
from trellis.leads import queries as leads
from trellis.reports import funnels
from trellis.reports.funnel import Step, funnel
from trellis.reports.models import Funnel
from trellis.segments import queries as segments
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.conflict import Clash, clash, seen
from trellis.web.staff.memo import remember
from trellis.web.staff.reports import shared


@page("reports.read", "GET", "POST", change="segments.write")
def show(request: StaffRequest, funnel_id: int | None = None) -> HttpResponseBase:
    """A funnel of the address, or a saved one; POST saves, changes or archives it."""
    saved = funnels.get(funnel_id) if funnel_id else None
    problem = ""
    overtaken: Clash | None = None
    if request.method == "POST":
        try:
            return _keep(request, saved)
        except (Conflict, InvalidInput) as error:
            overtaken = clash(error)
            problem = "" if overtaken else error.message
    asked = shared.asked(request, span="90")
    got = request.POST if request.method == "POST" else request.GET
    chosen = _steps(got.getlist("step")) or (list(saved.steps) if saved else [])
    segment_id = given.number(got.get("segment"))
    found: list[Step] = []
    if len(chosen) >= funnels.FEWEST:
        key = f"funnel-{chosen}-{asked.since}-{asked.today}-{segment_id}"
        try:
            found = remember(key, lambda: funnel(chosen, asked.since, asked.today, segment_id))
        except TrellisError as error:
            problem = problem or error.message
    if request.GET.get("format") == "csv":
        return _csv(found)
    context = asked.context | {
        "saved": saved,
        "name": got.get("name") or (saved.name if saved else ""),
        "version": overtaken.version
        if overtaken
        else got.get("version") or (saved.version if saved else ""),
        "clash": overtaken,
        "problem": problem,
        "funnels": funnels.saved(),
        "signals": Signal.objects.exclude(status="broken").order_by("name"),
        "stages": [row for row in leads.stages().values() if not row.archived],
        "places": _places(chosen),
        "chosen": chosen,
        "segment_id": segment_id,
        "segments": segments.segments(),
        "steps": [{"step": step, "median": _lasting(step.median)} for step in found],
        "worst": next((step for step in found if step.worst), None),
        "overall": found[-1].of_first if found else None,
    }
    return render(
        request,
        "staff/reports/funnel.html",
        context,
        status=409 if problem or overtaken else 200,
    )


def _steps(texts: Sequence[str]) -> list[dict[str, str]]:
    """``signal:key`` and ``stage:key`` of the address as steps; empty places are passed over."""
    found = []
    for text in texts[: funnels.MOST]:
        kind, _colon, key = text.partition(":")
        if kind in ("signal", "stage") and key:
            found.append({kind: key})
    return found


def _places(chosen: Sequence[dict[str, str]]) -> list[str]:
    """What stands in each place of the form: the chosen steps, and one or two empty ones."""
    filled = [f"{kind}:{key}" for step in chosen for kind, key in step.items()]
    empty = max(1, 3 - len(filled))
    return (filled + [""] * empty)[: funnels.MOST]


def _keep(request: StaffRequest, saved: Funnel | None) -> HttpResponseBase:
    require(request.actor, "segments.write")
    post = request.POST
    if saved is not None and post.get("act") == "archive":
        funnels.archive(request.actor, saved.pk, clock.now())
        messages.success(request, _("%(name)s is archived.") % {"name": saved.name})
        return redirect("reports-funnel")
    steps = _steps(post.getlist("step"))
    if saved is None or post.get("act") == "copy":
        row = funnels.create(request.actor, post.get("name", ""), steps)
    else:
        row = funnels.update(
            request.actor,
            saved.pk,
            name=post.get("name", ""),
            steps=steps,
            version=seen(request),
        )
    messages.success(request, _("%(name)s is saved.") % {"name": row.name})
    return redirect("reports-funnel", row.pk)


def _lasting(seconds: float | None) -> str:
    """A time between two steps, in its largest unit."""
    if seconds is None:
        return ""
    for size, one, many in (
        (86_400, "%(n)d day", "%(n)d days"),
        (3600, "%(n)d h", "%(n)d h"),
        (60, "%(n)d min", "%(n)d min"),
    ):
        if seconds >= size:
            count = round(seconds / size)
            return ngettext(one, many, count) % {"n": count}
    return _("at once")


def _csv(found: Sequence[Step]) -> HttpResponseBase:
    head = [
        _("Step"),
        _("People"),
        _("% of the step before"),
        _("% of the first"),
        _("Median, s"),
    ]
    rows = [
        [
            row.name,
            row.n,
            round(row.of_last, 1),
            round(row.of_first, 1),
            "" if row.median is None else round(row.median),
        ]
        for row in found
    ]
    return shared.as_csv("funnel", head, rows)
