"""How a contact arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.core.errors import NotFound
from trellis.people import queries as people
from trellis.sources import queries

router = Router(tags=["contacts"])


class TouchOut(Schema):
    """One arrival through a source. ``how``: form, import, campaign, visit or first."""

    at: datetime
    source: str
    source_name: str
    how: str
    utm: dict[str, Any]
    page: str
    referrer: str


@router.get("/{contact_id}/touches", response=list[TouchOut], summary="Touches")
def list_touches(request: HttpRequest, contact_id: Id) -> Any:
    """The newest hundred, newest first. Scope: contacts.read."""
    caller(request, "contacts.read")
    if people.profile(contact_id) is None:
        raise NotFound("There is no such contact.")
    return queries.arrivals(contact_id)
