"""Notices: what one member of staff should know. A key of a program has none."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.accounts import notices
from trellis.api import paging
from trellis.api.auth import caller
from trellis.api.paging import Json, PageQuery
from trellis.core import clock
from trellis.people import about

router = Router(tags=["notices"])


class NoticeOut(Schema):
    """A notice; ``read_at`` null is unread, ``fault`` says why its mail failed."""

    id: int
    at: datetime
    text: str
    detail: str
    url: str
    contact_id: int | None
    read_at: datetime | None
    mailed_at: datetime | None
    fault: str


class NoticePage(Schema):
    """A page of notices, newest first."""

    items: list[NoticeOut]
    next_cursor: str | None


class ReadIn(Schema):
    """Which were read; null is all of them."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] | None = Field(None, max_length=500)


@router.get("", response=NoticePage, summary="List one's notices")
def list_notices(request: HttpRequest, query: Annotated[PageQuery, Query()]) -> Json:
    """Scope: leads.read."""
    actor = caller(request, "leads.read")
    found = notices.of_user(actor, query.after, query.limit)
    about.veil(found.rows)
    return paging.answer(found)


@router.post("/read", response=Json, summary="Mark one's notices as read")
def read_notices(request: HttpRequest, body: ReadIn) -> Json:
    """Answers how many were unread. Scope: leads.read."""
    actor = caller(request, "leads.read")
    return {"read": notices.read(actor, clock.now(), body.ids)}
