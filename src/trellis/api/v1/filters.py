"""Filters of the list of contacts that are kept under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.shown import ShownRule
from trellis.segments import saved
from trellis.segments.models import SavedFilter

router = Router(tags=["filters"])

_QUERY = "What to filter by: " + ", ".join(saved.KEYS) + "; rule is a rule, col a list."


class FilterOut(Schema):
    """A kept filter. One without owner was made by a program."""

    id: int
    name: str
    shared: bool
    owner_id: int | None
    query: ShownRule
    version: int
    created_at: datetime
    updated_at: datetime


class FilterIn(Schema):
    """A filter to keep. What a key keeps is always shared."""

    name: str = Field(max_length=60)
    query: dict[str, Any] = Field(description=_QUERY)


class FilterPatch(Schema):
    """What changes of a filter; what is left out stays."""

    name: str | None = Field(None, max_length=60)
    query: dict[str, Any] | None = Field(None, description=_QUERY)


class RuleOut(Schema):
    """The rule that finds whom a filter shows."""

    rule: ShownRule


@router.get("", response=list[FilterOut], summary="List kept filters")
def list_filters(request: HttpRequest) -> list[SavedFilter]:
    """The shared ones. Scope: contacts.read."""
    return saved.visible(caller(request, "contacts.read"))


@router.post("", response={201: FilterOut}, summary="Keep a filter")
def create_filter(request: HttpRequest, body: FilterIn) -> Status[SavedFilter]:
    """Scopes: contacts.read and segments.write."""
    return Status(201, saved.create(caller(request), body.name, body.query))


@router.get("/{filter_id}", response=FilterOut, summary="Read a kept filter")
def read_filter(request: HttpRequest, filter_id: int) -> SavedFilter:
    """Scope: contacts.read."""
    return saved.get(caller(request, "contacts.read"), filter_id)


@router.get("/{filter_id}/rule", response=RuleOut, summary="A kept filter as a rule")
def read_rule_of(request: HttpRequest, filter_id: int) -> dict[str, Any]:
    """For a segment of whom it shows. Scope: contacts.read."""
    found = saved.get(caller(request, "contacts.read"), filter_id)
    return {"rule": saved.as_rule(found.query)}


@router.patch(
    "/{filter_id}",
    response=FilterOut,
    summary="Change a kept filter",
    openapi_extra=etag.CHANGES,
)
def change_filter(request: HttpRequest, filter_id: int, body: FilterPatch) -> SavedFilter:
    """Scopes: contacts.read and segments.write."""
    actor = caller(request)
    return saved.update(
        actor, filter_id, name=body.name, query=body.query, version=etag.seen(request)
    )


@router.delete(
    "/{filter_id}",
    response={204: None},
    summary="Delete a kept filter",
    openapi_extra=etag.CHANGES,
)
def delete_filter(request: HttpRequest, filter_id: int) -> Status[None]:
    """Scopes: contacts.read and segments.write."""
    saved.delete(caller(request), filter_id, etag.seen(request))
    return Status(204, None)
