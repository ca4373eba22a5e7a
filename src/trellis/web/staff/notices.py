"""The notices of the person who is signed in, and the bell that counts them."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render

from trellis.accounts import notices
from trellis.core import clock
from trellis.core.paging import Cursor
from trellis.people import about
from trellis.reports import waiting
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page


@page(None, "GET", "POST")
def index(request: StaffRequest) -> HttpResponseBase:
    """One's own notices, newest first; POST marks some, or all, as read."""
    if request.method == "POST":
        chosen = given.numbers(request.POST.getlist("id"))
        everything = request.POST.get("act") == "all"
        notices.read(request.actor, clock.now(), None if everything else chosen)
        return redirect("notices")
    after = Cursor.decode(request.GET.get("after", ""))
    found = notices.of_user(request.actor, after)
    about.veil(found.rows)
    context = {
        "page": found,
        "unread": notices.unread(request.actor),
    }
    return render(request, "staff/notices.html", context)


@page(None)
def bell(request: StaffRequest) -> HttpResponseBase:
    """How many are unread, for the bell, and the badges of the navigation with them."""
    found = waiting.waiting(request.actor)
    context = {"unread": found.notices, "waiting": found}
    return render(request, "parts/bell.html", context)
