"""The trap of a sandbox: what would have been sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.accounts.access import require
from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.messaging import trap

router = Router(tags=["trap"])


class CaughtOut(Schema):
    """A mail that the trap holds. ``message_id`` is the message's number in Trellis."""

    id: int
    at: datetime
    contact_id: int
    message_id: int
    recipient: str
    subject: str


class CaughtPage(Schema):
    """Newest first; ``next_before`` is null on the last page."""

    items: list[CaughtOut]
    next_before: int | None


class CaughtQuery(Schema):
    """Words of recipient or subject; one contact's; older than a mail."""

    q: str = Field("", max_length=200)
    contact_id: int | None = Field(None, ge=1, le=2**63 - 1)
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=200)


@router.get("", response=CaughtPage, summary="List what the trap holds")
def list_caught(request: HttpRequest, query: Annotated[CaughtQuery, Query()]) -> Json:
    """Scopes: messages.read and
    contacts.see_private."""
    require(caller(request, "messages.read"), "contacts.see_private")
    rows = trap.newest(
        query=query.q, contact_id=query.contact_id, before=query.before, limit=query.limit + 1
    )
    page = rows[: query.limit]
    return {"items": page, "next_before": page[-1].id if len(rows) > len(page) else None}


@router.get("/{mail_id}/raw", summary="Read a mail as it went over the wire")
def raw(request: HttpRequest, mail_id: Id) -> HttpResponse:
    """The whole message, as ``message/rfc822``. Scopes: messages.read and
    contacts.see_private."""
    require(caller(request, "messages.read"), "contacts.see_private")
    return HttpResponse(trap.opened(mail_id).raw, content_type="message/rfc822")
