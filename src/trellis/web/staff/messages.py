"""Messages: the list, the balance sheet, and deciding about the unknown."""

from __future__ import annotations

from typing import Any, Literal

from django.contrib import messages as notes
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from trellis.core.paging import Cursor, paged
from trellis.journeys import queries as journeys
from trellis.messaging import actions
from trellis.messaging import queries as messaging
from trellis.messaging.queries import Balance, Filter
from trellis.web.staff import given, words
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember

LIMIT = 50


def _groups(balance: Balance) -> list[dict[str, Any]]:
    """The columns of the balance sheet: together they are everything that was asked for."""
    return [
        {"key": "sent", "n": balance.sent},
        {"key": "queued", "n": balance.waiting + balance.sending},
        {"key": "skipped", "n": sum(balance.skipped.values())},
        {"key": "failed", "n": sum(balance.failed.values())},
        {"key": "bounced", "n": balance.bounced},
        {"key": "unknown", "n": balance.unknown},
    ]


def _reasons(balance: Balance) -> list[tuple[str, str, int]]:
    rows = [("skipped", reason, n) for reason, n in balance.skipped.items()]
    rows += [("failed", reason, n) for reason, n in balance.failed.items()]
    return sorted(rows, key=lambda row: -row[2])[:8]


@page("messages.read", "GET", "POST", change="messages.send")
def messages(request: StaffRequest) -> HttpResponseBase:
    """The list; POST settles chosen unknown messages."""
    if request.method == "POST":
        return _settle(request)
    got = request.GET
    filters = Filter(
        state=got["state"] if got.get("state") in words.STATES["message"] else "",
        reason=got.get("reason", "")[:60],
        template=got.get("template", "")[:64],
        journey_id=given.number(got.get("journey")),
        query=got.get("find", "")[:200],
    )
    after = Cursor.decode(got.get("after", ""))
    before = (after.at, after.id) if after else None
    rows = messaging.messages(filters, before=before, limit=LIMIT + 1)
    found = paged(rows, LIMIT, lambda row: (row.created_at, row.message_id))
    balance = remember("balance", lambda: messaging.balance(Filter()))
    context = {
        "page": found,
        "filters": filters,
        "filtered": bool(set(got) - {"after"}),
        "balance": balance,
        "groups": _groups(balance),
        "reasons": _reasons(balance),
        "states": words.STATES["message"],
        "templates": messaging.template_names(),
        "journeys": journeys.names(),
    }
    return render(request, "staff/messages/list.html", context)


def _settle(request: StaffRequest) -> HttpResponseBase:
    chosen = given.numbers(request.POST.getlist("id"))
    decision: Literal["resend", "drop"] = (
        "resend" if request.POST.get("decision") == "resend" else "drop"
    )
    settled = actions.settle_unknown(request.actor, chosen, decision)
    text = ngettext("%(n)d message settled.", "%(n)d messages settled.", settled.done)
    notes.success(request, text % {"n": settled.done})
    return redirect("/messages/?state=unknown")


@page("messages.read")
def message(request: StaffRequest, contact_id: int, message_id: int) -> HttpResponseBase:
    """One message: where it stands and why."""
    context = {
        "row": messaging.message(contact_id, message_id),
        "decisions": messaging.decisions(contact_id, message_id),
        "journeys": journeys.names(),
    }
    return render(request, "staff/messages/detail.html", context)
