"""Duplicates: pairs that may be one person, the preview of their merge, and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.api.v1.contacts import read_profile
from trellis.people import actions, duplicates
from trellis.people.duplicates import Candidate
from trellis.people.preview import preview

router = Router(tags=["duplicates"])


class ReasonOut(Schema):
    """What speaks for one person (``weight`` > 0) or against it, with the facts."""

    code: str
    weight: float
    facts: dict[str, str]


class DuplicateOut(Schema):
    """Two contacts that may be one person. ``confidence`` is 0 to 100; ``state`` open,
    merged or apart."""

    contact_id: int
    other_id: int
    confidence: int
    reasons: list[ReasonOut]
    state: str
    found_at: datetime
    decided_at: datetime | None
    decided_by: str


class DuplicatePage(Schema):
    """A page of pairs: the surest first, or the latest decided."""

    items: list[DuplicateOut]
    next_cursor: str | None


class DuplicateQuery(Schema):
    """Which pairs: a state, a reason, from a cursor on."""

    state: Literal["open", "merged", "apart"] = "open"
    reason: str = Field("", max_length=20)
    cursor: str = Field("", max_length=60)
    limit: int = Field(50, ge=1, le=200)


class ValueOut(Schema):
    """One field of both contacts and of the merged one. ``side``: whose value stays;
    ``why``: same, only (the other has none) or newer (said later)."""

    key: str
    winner: Any
    loser: Any
    result: Any
    side: str
    why: str


class PreviewOut(Schema):
    """What a merge into the first contact would make: values, tags, rows that move."""

    values: list[ValueOut]
    tags: list[str]
    moves: dict[str, int]
    pair: DuplicateOut | None


@router.get("", response=DuplicatePage, summary="List duplicates")
def list_duplicates(request: HttpRequest, query: Annotated[DuplicateQuery, Query()]) -> Json:
    """The open pairs, the surest first. Scope: contacts.read."""
    caller(request, "contacts.read")
    rows = duplicates.queue(query.state, query.reason, query.cursor, query.limit + 1)
    more = len(rows) > query.limit and query.state == "open"
    return {
        "items": [_plain(row) for row in rows[: query.limit]],
        "next_cursor": rows[query.limit - 1].position if more else None,
    }


@router.get("/{contact_id}/{other_id}", response=PreviewOut, summary="Preview a merge")
def preview_merge(request: HttpRequest, contact_id: Id, other_id: Id) -> Json:
    """What merging the second contact into the first would do. Scope: contacts.read."""
    caller(request, "contacts.read")
    read_profile(contact_id)
    read_profile(other_id)
    found = preview(contact_id, other_id)
    pair = duplicates.between(contact_id, other_id)
    return {
        "values": [row._asdict() for row in found.values],
        "tags": list(found.tags),
        "moves": found.moves,
        "pair": _plain(pair) if pair else None,
    }


@router.put(
    "/{contact_id}/{other_id}/apart", response={204: None}, summary="They are two people"
)
def keep_apart(request: HttpRequest, contact_id: Id, other_id: Id) -> Status[None]:
    """Remembered: the pair is not proposed again. Scope: contacts.write."""
    actions.keep_apart(caller(request), contact_id, other_id)
    return Status(204, None)


@router.delete("/{contact_id}/{other_id}/apart", response={204: None}, summary="Look again")
def look_again(request: HttpRequest, contact_id: Id, other_id: Id) -> Status[None]:
    """Takes back that they are two people. Scope: contacts.write."""
    actions.doubt(caller(request), contact_id, other_id)
    return Status(204, None)


def _plain(row: Candidate) -> Json:
    reasons = [reason._asdict() for reason in row.reasons]
    return {**row._asdict(), "reasons": reasons}
