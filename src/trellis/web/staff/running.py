"""Health of the whole, and the sandbox clock."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from trellis.pipeline import queries as pipeline
from trellis.web.staff.access import StaffRequest, page


@page(None)
def banner(request: StaffRequest) -> HttpResponseBase:
    """A line under the top bar where the pipeline is behind; nothing otherwise."""
    found = pipeline.overview()
    if not found.late:
        return HttpResponse("")
    return render(request, "parts/lag.html", {"health": found})


@page("clock.move")
def clock_bar(request: StaffRequest) -> HttpResponseBase:
    """The bar of the sandbox clock."""
    return render(request, "parts/clock.html")


@page("health.read")
def health(request: StaffRequest) -> HttpResponseBase:
    """How the whole runs."""
    return HttpResponse("")
