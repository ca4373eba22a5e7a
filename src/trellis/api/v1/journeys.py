"""Journeys: definitions as YAML, versions, and the runs of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.api.shown import ShownSource
from trellis.api.v1.contacts import plain
from trellis.core.errors import NotFound
from trellis.journeys import actions, queries
from trellis.journeys.models import Journey

router = Router(tags=["journeys"])
MAX_TEXT = 200_000


class JourneyOut(Schema):
    """A journey. ``version`` is the published one (0 = none); ``draft`` the YAML in work and
    ``revision`` how often it was saved."""

    id: int
    key: str
    name: str
    description: str
    state: str
    why: str
    draft: ShownSource
    revision: int
    edited_by: str
    version: int
    created_at: datetime
    updated_at: datetime


class JourneyLine(Schema):
    """A journey with its balanced sheet: entered equals the sum of all the others."""

    journey: JourneyOut
    balance: Json


class TextIn(Schema):
    """A definition as YAML."""

    yaml: str = Field(max_length=MAX_TEXT)


class ProblemsOut(Schema):
    """What keeps a draft from being published; empty where nothing does."""

    problems: list[str]


class PublishIn(Schema):
    """For each step where people wait: stay, ``move:<step>`` or exit; and whether members
    of the entry segments enter at once."""

    waiting: dict[str, str] = Field(default_factory=dict)
    existing: bool = False


class VersionOut(Schema):
    """A published version. It never changes."""

    id: int
    number: int
    source: ShownSource
    published_at: datetime
    published_by: str


class PeopleIn(Schema):
    """Contacts to enrol or remove."""

    contact_ids: list[int] = Field(min_length=1, max_length=5_000)


class RunOut(Schema):
    """One contact's run through one version."""

    contact_id: int
    enrolment_id: int
    version: int
    state: str
    step: str
    wake_at: datetime | None
    entered_at: datetime
    ended_at: datetime | None
    outcome: str
    reason: str


class RunPage(Schema):
    """A page of runs, newest first."""

    items: list[RunOut]
    next_cursor: str | None


class RunQuery(PageQuery):
    """Runs at a step or in a state."""

    step: str = Field("", max_length=64)
    state: str = Field("", max_length=8)


@router.get("", response=list[JourneyLine], summary="List journeys")
def list_journeys(request: HttpRequest) -> Any:
    """Scope: journeys.read."""
    caller(request, "journeys.read")
    return [
        {"journey": row.journey, "balance": plain(row.balance)} for row in queries.journeys()
    ]


@router.post("", response={201: JourneyOut}, summary="Make a journey")
def create(request: HttpRequest, body: TextIn) -> Status[Journey]:
    """As a draft. Scope: journeys.write."""
    return Status(201, actions.create(caller(request), body.yaml))


@router.post("/check", response=Json, summary="Check a definition")
def check(request: HttpRequest, body: TextIn) -> Json:
    """Every fault with its line, or the name and the number of steps. Scope: journeys.read."""
    found = actions.check(caller(request, "journeys.read"), body.yaml)
    return {"key": found.head.key, "name": found.head.name, "steps": len(list(found.walk()))}


@router.get("/{journey_id}", response=JourneyOut, summary="Read a journey")
def read(request: HttpRequest, journey_id: Id) -> Journey:
    """Scope: journeys.read."""
    caller(request, "journeys.read")
    return _get(journey_id)


@router.put(
    "/{journey_id}/draft",
    response=ProblemsOut,
    summary="Save the draft",
    openapi_extra=etag.CHANGES,
)
def save_draft(request: HttpRequest, journey_id: Id, body: TextIn) -> Json:
    """A faulty draft is kept too; the answer names its faults. Scope: journeys.write."""
    found = actions.save_draft(
        caller(request), _get(journey_id).pk, body.yaml, revision=etag.seen(request)
    )
    return {"problems": [problem.text() for problem in found]}


@router.get("/{journey_id}/changes", response=Json, summary="What publishing would change")
def preview_publish(request: HttpRequest, journey_id: Id) -> Any:
    """The difference to the running version, and who waits where. Scope: journeys.read."""
    return plain(actions.preview_publish(caller(request, "journeys.read"), _get(journey_id).pk))


@router.post("/{journey_id}/publish", response={201: VersionOut}, summary="Publish")
def publish(request: HttpRequest, journey_id: Id, body: PublishIn) -> Status[Any]:
    """Scope: journeys.publish."""
    version = actions.publish(
        caller(request), _get(journey_id).pk, waiting=body.waiting, existing=body.existing
    )
    return Status(201, version)


@router.get("/{journey_id}/versions", response=list[VersionOut], summary="Versions")
def versions(request: HttpRequest, journey_id: Id) -> Any:
    """Scope: journeys.read."""
    caller(request, "journeys.read")
    return queries.versions_of(_get(journey_id).pk)


@router.post("/{journey_id}/pause", response=JourneyOut, summary="Pause")
def pause(request: HttpRequest, journey_id: Id) -> Journey:
    """Scope: journeys.publish."""
    return actions.pause(caller(request), _get(journey_id).pk)


@router.post("/{journey_id}/resume", response=JourneyOut, summary="Resume")
def resume(request: HttpRequest, journey_id: Id) -> Journey:
    """Scope: journeys.publish."""
    return actions.resume(caller(request), _get(journey_id).pk)


@router.post("/{journey_id}/stop", response=JourneyOut, summary="Stop")
def stop(request: HttpRequest, journey_id: Id) -> Journey:
    """Everybody leaves. Scope: journeys.publish."""
    return actions.stop(caller(request), _get(journey_id).pk)


@router.get("/{journey_id}/balance", response=Json, summary="Balanced sheet")
def balance(request: HttpRequest, journey_id: Id) -> Any:
    """Entered = waiting + active + held + ended + goals + exited + failed.
    Scope: journeys.read."""
    caller(request, "journeys.read")
    return plain(queries.balance(_get(journey_id).pk))


@router.get("/{journey_id}/enrolments", response=RunPage, summary="Enrolments")
def enrolments(
    request: HttpRequest, journey_id: Id, query: Annotated[RunQuery, Query()]
) -> Json:
    """Scope: journeys.read."""
    caller(request, "journeys.read")
    number = _get(journey_id).pk
    return paging.answer(
        queries.runs(number, query.step, query.state, query.after, query.limit)
    )


@router.post("/{journey_id}/enrolments", response=Json, summary="Enrol contacts")
def enrol(request: HttpRequest, journey_id: Id, body: PeopleIn) -> Json:
    """Those in it already, and those whom the re-entry rule bars, are left out.
    Scope: journeys.publish."""
    numbers = [number for number in body.contact_ids if 0 < number < 2**63]
    return {"enrolled": actions.enrol(caller(request), _get(journey_id).pk, numbers)}


@router.delete("/{journey_id}/enrolments", response=Json, summary="Remove contacts")
def remove(request: HttpRequest, journey_id: Id, body: PeopleIn) -> Json:
    """Scope: journeys.publish."""
    numbers = [number for number in body.contact_ids if 0 < number < 2**63]
    return {"removed": actions.remove(caller(request), _get(journey_id).pk, numbers)}


@router.get(
    "/{journey_id}/enrolments/{contact_id}/{enrolment_id}",
    response=list[Json],
    summary="Path of a contact",
)
def path(request: HttpRequest, journey_id: Id, contact_id: Id, enrolment_id: Id) -> Any:
    """Each step with its outcome and the reason. Scope: journeys.read."""
    caller(request, "journeys.read")
    _get(journey_id)
    return [plain(row) for row in queries.story(contact_id, enrolment_id)]


def _get(journey_id: Id) -> Journey:
    found = Journey.objects.filter(pk=journey_id, archived_at=None).first()
    if found is None:
        raise NotFound("There is no such journey.", journey_id=journey_id)
    return found
