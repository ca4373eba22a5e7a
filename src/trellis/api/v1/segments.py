"""Segments: definitions, membership, and why somebody is in or out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.api.v1.contacts import FoundOut, RuleIn, plain
from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.people import queries as people
from trellis.rules import explain, registry, usage
from trellis.rules.parse import parse
from trellis.segments import actions, queries
from trellis.segments.models import Segment

router = Router(tags=["segments"])
MAX_MEMBERS = 5_000


class SegmentOut(Schema):
    """A segment. ``status``: building (with progress), live, or broken (why)."""

    id: int
    key: str
    name: str
    description: str
    kind: str
    rule: dict[str, Any]
    status: str
    why: str
    progress: int
    size: int
    built_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SegmentIn(Schema):
    """A segment to make: a rule (dynamic) or a hand-made list (static)."""

    key: str = Field(max_length=64)
    name: str = Field(max_length=120)
    description: str = Field("", max_length=2000)
    kind: Literal["dynamic", "static"] = "dynamic"
    rule: dict[str, Any] | None = None


class SegmentChange(Schema):
    """What changes; what is left out stays."""

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=2000)
    rule: dict[str, Any] | None = None


class PreviewOut(FoundOut):
    """What a rule says and whom it finds."""

    sentence: str


class MemberOut(Schema):
    """A member and since when."""

    contact_id: int
    since: datetime


class MemberPage(Schema):
    """A page of members."""

    items: list[MemberOut]
    next_cursor: str | None


class MembersIn(Schema):
    """Contacts to add to, or take from, a static segment."""

    contact_ids: list[int] = Field(min_length=1, max_length=MAX_MEMBERS)


class ChangedOut(Schema):
    """How many changed."""

    changed: int


@router.get("", response=list[SegmentOut], summary="List segments")
def list_segments(
    request: HttpRequest, q: Annotated[str, Query(max_length=100)] = ""
) -> list[Segment]:
    """Scope: segments.read."""
    caller(request, "segments.read")
    return queries.segments(q)


@router.post("/preview", response=PreviewOut, summary="Preview a rule")
def preview(request: HttpRequest, body: RuleIn) -> Json:
    """The rule as a sentence, how many contacts it finds, ten of them. Scope: segments.read."""
    found = actions.preview(caller(request, "segments.read"), body.rule, clock.now())
    return {
        "sentence": found.sentence,
        **plain(found.count),
        "sample": people.by_ids(found.contact_ids),
    }


@router.post("", response={201: SegmentOut}, summary="Make a segment")
def create(request: HttpRequest, body: SegmentIn) -> Status[Segment]:
    """It is built in the background. Scope: segments.write."""
    made = actions.create(
        caller(request),
        key=body.key,
        name=body.name,
        rule=body.rule,
        kind=body.kind,
        description=body.description,
    )
    return Status(201, made)


@router.get("/{segment_id}", response=SegmentOut, summary="Read a segment")
def read(request: HttpRequest, segment_id: Id) -> Segment:
    """Scope: segments.read."""
    caller(request, "segments.read")
    return actions.get(segment_id)


@router.patch("/{segment_id}", response=SegmentOut, summary="Change a segment")
def change(request: HttpRequest, segment_id: Id, body: SegmentChange) -> Segment:
    """Another rule rebuilds it in the background. Scope: segments.write."""
    return actions.update(
        caller(request),
        segment_id,
        clock.now(),
        name=body.name,
        description=body.description,
        rule=body.rule,
    )


@router.delete("/{segment_id}", response={204: None}, summary="Archive a segment")
def archive(request: HttpRequest, segment_id: Id) -> Status[None]:
    """Refused while something uses it. Scope: segments.write."""
    actions.archive(caller(request), segment_id, clock.now())
    return Status(204, None)


@router.get("/{segment_id}/used-by", response=list[Json], summary="What uses a segment")
def used_by(request: HttpRequest, segment_id: Id) -> Any:
    """Scope: segments.read."""
    caller(request, "segments.read")
    return [
        {"kind": use.kind, "id": use.id, "name": use.name}
        for use in usage.of_segment(actions.get(segment_id).key)
    ]


@router.get("/{segment_id}/members", response=MemberPage, summary="Members")
def members(request: HttpRequest, segment_id: Id, query: Annotated[PageQuery, Query()]) -> Json:
    """Scope: segments.read."""
    caller(request, "segments.read")
    actions.get(segment_id)
    return paging.answer(queries.members(segment_id, query.after, query.limit))


@router.post("/{segment_id}/members", response=ChangedOut, summary="Add members")
def add_members(request: HttpRequest, segment_id: Id, body: MembersIn) -> Json:
    """Static segments only. Scope: segments.write."""
    actor = caller(request)
    return {"changed": actions.add_members(actor, segment_id, _ids(body), clock.now())}


@router.delete("/{segment_id}/members", response=ChangedOut, summary="Remove members")
def remove_members(request: HttpRequest, segment_id: Id, body: MembersIn) -> Json:
    """Static segments only. Scope: segments.write."""
    actor = caller(request)
    return {"changed": actions.remove_members(actor, segment_id, _ids(body), clock.now())}


def _ids(body: MembersIn) -> list[int]:
    if any(not 0 < number < 2**63 for number in body.contact_ids):
        raise InvalidInput("A contact id is a positive number.")
    return body.contact_ids


@router.get("/{segment_id}/explain/{contact_id}", response=Json, summary="Explain membership")
def explain_member(request: HttpRequest, segment_id: Id, contact_id: Id) -> Any:
    """Each condition with the contact's actual value. Scope: segments.read."""
    caller(request, "segments.read")
    segment = actions.get(segment_id)
    if segment.kind != "dynamic":
        raise InvalidInput("A static segment has no rule to explain.")
    fields = registry.snapshot()
    return plain(explain.explain(parse(segment.rule, fields), contact_id, clock.now(), fields))


@router.post("/{segment_id}/rebuild", response={202: None}, summary="Build again")
def rebuild(request: HttpRequest, segment_id: Id) -> Status[None]:
    """In the background, with progress. Scope: segments.write."""
    actions.rebuild(caller(request), segment_id)
    return Status(202, None)
