"""The sandbox clock."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render

from trellis.web.staff.access import StaffRequest, page


@page("clock.move")
def clock_bar(request: StaffRequest) -> HttpResponseBase:
    """The bar of the sandbox clock."""
    return render(request, "parts/clock.html")
