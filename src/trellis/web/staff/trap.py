"""The trap of a sandbox: what would have been sent, read and clicked as the recipient."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from trellis.messaging import trap as mails
from trellis.people import queries as people
from trellis.web.staff import given
from trellis.web.staff.access import StaffRequest, page

LIMIT = 50


@page("contacts.see_private")
def trap(request: StaffRequest, mail_id: int | None = None) -> HttpResponseBase:
    """The list beside the mail that is open (the newest where none is named)."""
    query = request.GET.get("q", "")[:200]
    before = request.GET.get("before", "")
    rows = mails.newest(query=query, before=given.number(before), limit=LIMIT + 1)
    chosen = mail_id or (rows[0].id if rows else None)
    opened = mails.opened(chosen) if chosen is not None else None
    headers = [
        (name, value)
        for name, value in (opened.headers if opened else ())
        if name.lower() in {"from", "to", "reply-to", "date", "list-unsubscribe", "message-id"}
    ]
    context = {
        "rows": rows[:LIMIT],
        "older": rows[LIMIT - 1].id if len(rows) > LIMIT else None,
        "opened": opened,
        "headers": headers,
        "query": query,
        "text": request.GET.get("as") == "text",
        "who": people.profile(opened.caught.contact_id) if opened else None,
    }
    return render(request, "staff/trap/list.html", context)


@page("contacts.see_private")
def body(request: StaffRequest, mail_id: int) -> HttpResponseBase:
    """The HTML of a mail for the frame: no scripts, links work as for the recipient."""
    return HttpResponse(
        mails.opened(mail_id).html, headers={"Content-Security-Policy": mails.FRAME_POLICY}
    )


@page("contacts.see_private")
def raw(request: StaffRequest, mail_id: int) -> HttpResponseBase:
    """The mail as it went over the wire."""
    return HttpResponse(
        mails.opened(mail_id).raw,
        content_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="mail-{mail_id}.eml"'},
    )
