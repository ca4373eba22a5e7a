"""Segments: definitions, membership, and why somebody is in or out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.api.shown import ShownRule
from trellis.api.v1.contacts import FoundOut, RuleIn, plain
from trellis.api.v1.segment_shapes import (
    DayOut,
    DifferenceOut,
    MovePage,
    MoveQuery,
    OverlapOut,
    PastedOut,
    PasteIn,
    SimilarOut,
    SnapshotIn,
)
from trellis.core import clock
from trellis.core.days import day_of
from trellis.core.errors import InvalidInput
from trellis.people import queries as people
from trellis.rules import evaluate, explain, registry, usage
from trellis.rules.parse import parse
from trellis.segments import actions, growth, history, lists, overlap, queries, similar
from trellis.segments.history import MoveFilter
from trellis.segments.models import Segment
from trellis.segments.preview import preview as preview_rule
from trellis.segments.queries import SegmentFilter

router = Router(tags=["segments"])
MAX_MEMBERS = 5_000


class SegmentOut(Schema):
    """A segment. ``status``: building (with progress), live, broken or stopped (why)."""

    id: int
    key: str
    name: str
    description: str
    kind: str
    rule: ShownRule
    status: str
    why: str
    progress: int
    size: int
    version: int
    folder: str
    taken_at: datetime | None
    built_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SegmentIn(Schema):
    """A segment to make: a rule (dynamic), a rule frozen now (snapshot), or a hand-made list
    (static)."""

    key: str = Field(max_length=64)
    name: str = Field(max_length=120)
    description: str = Field("", max_length=2000)
    folder: str = Field("", max_length=60)
    kind: Literal["dynamic", "static", "snapshot"] = "dynamic"
    rule: dict[str, Any] | None = None


class SegmentChange(Schema):
    """What changes; what is left out stays. With the ``version`` that was read, a change made
    meanwhile by somebody else is answered 409, with who, when, and what differs."""

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=2000)
    folder: str | None = Field(None, max_length=60)
    version: int | None = Field(None, ge=1)
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


class ListQuery(Schema):
    """Which segments."""

    q: str = Field("", max_length=100)
    kind: Literal["", "dynamic", "static", "snapshot"] = ""
    status: Literal["", "building", "live", "broken", "stopped"] = ""
    folder: str | None = Field(None, max_length=60)


@router.get("", response=list[SegmentOut], summary="List segments")
def list_segments(request: HttpRequest, query: Annotated[ListQuery, Query()]) -> list[Segment]:
    """Scope: segments.read."""
    caller(request, "segments.read")
    wanted = SegmentFilter(
        search=query.q, kind=query.kind, status=query.status, folder=query.folder
    )
    return queries.whole(wanted)


@router.get("/overlap", response=OverlapOut, summary="How segments overlap")
def overlaps(request: HttpRequest, ids: Annotated[str, Query(max_length=200)]) -> Json:
    """Two to five ids, separated by commas. Scope: segments.read."""
    caller(request, "segments.read")
    parts = ids.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise InvalidInput("Ids are numbers, separated by commas.")
    found = overlap.overlap([int(part) for part in parts])
    keys = {row.pk: row.key for row in found.segments}
    return {
        "shared": found.shared,
        "total": found.total,
        "parts": [
            {
                "inside": list(part.inside),
                "n": part.n,
                "rule": overlap.rule_of(
                    [keys[id_] for id_ in part.inside],
                    [key for id_, key in keys.items() if id_ not in part.inside],
                ),
            }
            for part in found.parts
        ],
    }


@router.get("/similar", response=SimilarOut, summary="People who behave alike")
def similar_people(
    request: HttpRequest, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> Json:
    """Visitors too; each group comes with a ready rule. Scope: segments.read."""
    caller(request, "segments.read")
    found = similar.similar(clock.now(), days)
    groups = [
        {
            "signals": [signal.key for signal in row.signals],
            "n": row.n,
            "known": row.known,
            "lift": row.lift,
            "rule": row.rule,
        }
        for row in found.groups
    ]
    return {
        "groups": groups,
        "active": found.active,
        "days": found.days,
        "every": found.every,
    }


@router.post("/preview", response=PreviewOut, summary="Preview a rule")
def preview(request: HttpRequest, body: RuleIn) -> Json:
    """The rule as a sentence, how many contacts it finds, ten of them. Scope: segments.read."""
    found = preview_rule(caller(request, "segments.read"), body.rule, clock.now())
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
        folder=body.folder,
    )
    return Status(201, made)


@router.get("/{segment_id}", response=SegmentOut, summary="Read a segment")
def read(request: HttpRequest, segment_id: Id) -> Segment:
    """Scope: segments.read."""
    caller(request, "segments.read")
    return actions.get(segment_id)


@router.patch(
    "/{segment_id}", response=SegmentOut, summary="Change a segment", openapi_extra=etag.CHANGES
)
def change(request: HttpRequest, segment_id: Id, body: SegmentChange) -> Segment:
    """Another rule rebuilds it in the background. Scope: segments.write."""
    return actions.update(
        caller(request),
        segment_id,
        clock.now(),
        name=body.name,
        description=body.description,
        folder=body.folder,
        rule=body.rule,
        version=etag.seen(request),
    )


@router.delete(
    "/{segment_id}",
    response={204: None},
    summary="Archive a segment",
    openapi_extra=etag.CHANGES,
)
def archive(request: HttpRequest, segment_id: Id) -> Status[None]:
    """Refused while something uses it. Scope: segments.write."""
    actions.archive(caller(request), segment_id, clock.now(), etag.seen(request))
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
    return {"changed": lists.add(actor, segment_id, _ids(body), clock.now())}


@router.delete("/{segment_id}/members", response=ChangedOut, summary="Remove members")
def remove_members(request: HttpRequest, segment_id: Id, body: MembersIn) -> Json:
    """Static segments only. Scope: segments.write."""
    actor = caller(request)
    return {"changed": lists.remove(actor, segment_id, _ids(body), clock.now())}


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
        raise InvalidInput("Only a segment by rule has a rule to explain.")
    fields = registry.snapshot()
    return plain(explain.explain(parse(segment.rule, fields), contact_id, clock.now(), fields))


@router.post("/{segment_id}/rebuild", response={202: None}, summary="Build again")
def rebuild(request: HttpRequest, segment_id: Id) -> Status[None]:
    """In the background, with progress; a snapshot is taken again. Scope: segments.write."""
    actions.rebuild(caller(request), segment_id)
    return Status(202, None)


@router.post("/{segment_id}/stop", response={204: None}, summary="Stop building")
def stop(request: HttpRequest, segment_id: Id) -> Status[None]:
    """Members stay as they are until it is built again. Scope: segments.write."""
    actions.stop(caller(request), segment_id)
    return Status(204, None)


@router.post("/{segment_id}/snapshot", response={201: SegmentOut}, summary="Take a snapshot")
def snapshot(request: HttpRequest, segment_id: Id, body: SnapshotIn) -> Status[Segment]:
    """Freezes the rule and those for whom it holds now. Scope: segments.write."""
    made = actions.snapshot(caller(request), segment_id, key=body.key, name=body.name)
    return Status(201, made)


@router.post(
    "/{segment_id}/compare", response=DifferenceOut, summary="What a rule would change"
)
def compare(request: HttpRequest, segment_id: Id, body: RuleIn) -> Any:
    """Who would enter and leave; stores nothing. Scope: segments.read."""
    actor = caller(request, "segments.read")
    return plain(actions.compare(actor, segment_id, body.rule, clock.now()))


@router.post("/{segment_id}/paste", response=PastedOut, summary="Add people by address")
def paste(request: HttpRequest, segment_id: Id, body: PasteIn) -> Any:
    """Static segments only; nobody is made. Scope: segments.write."""
    return plain(lists.paste(caller(request), segment_id, body.people, clock.now()))


@router.post("/{segment_id}/leave-out", response=SegmentOut, summary="Leave people out")
def leave_out(request: HttpRequest, segment_id: Id, body: MembersIn) -> Segment:
    """Puts them on a list that the rule excludes, and answers it. Scope: segments.write."""
    return lists.leave_out(caller(request), segment_id, _ids(body), clock.now())


@router.get("/{segment_id}/growth", response=list[DayOut], summary="Growth by day")
def growth_by_day(
    request: HttpRequest, segment_id: Id, days: Annotated[int, Query(ge=1, le=400)] = 90
) -> Any:
    """Scope: segments.read."""
    caller(request, "segments.read")
    actions.get(segment_id)
    since = day_of(clock.now()) - timedelta(days=days - 1)
    return [plain(day) for day in growth.days(segment_id, since)]


@router.get("/{segment_id}/moves", response=MovePage, summary="Who came and went, and why")
def moves(request: HttpRequest, segment_id: Id, query: Annotated[MoveQuery, Query()]) -> Json:
    """Scope: segments.read."""
    caller(request, "segments.read")
    actions.get(segment_id)
    wanted = MoveFilter(
        segment_id=segment_id,
        contact_id=query.contact_id,
        which=query.which,
        why=query.why,
        since=query.since,
        until=query.until,
    )
    found = history.moves(wanted, evaluate.fields(), query.after, query.limit)
    return paging.answer(found)
