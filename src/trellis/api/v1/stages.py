"""Stages of the lifecycle, and moving leads between them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.api.shown import ShownRule
from trellis.api.v1.contacts import MovedOut
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.leads import actions, gates, queries
from trellis.leads.actions import shared
from trellis.people import queries as people

router = Router(tags=["stages"])


class StageOut(Schema):
    """A stage. ``rule`` moves leads forward by itself, or proposes them (``automatic``);
    ``rule_broken`` says what is wrong. ``path`` names it across lines. ``requires`` and
    ``min_score`` are its gate; longer than ``limit_days`` in it is stuck."""

    id: int
    key: str
    path: str
    name: str
    rank: int
    kind: str
    team: str
    rule: ShownRule | None
    rule_broken: str
    automatic: str
    requires: list[str]
    min_score: int | None
    limit_days: int | None
    version: int
    archived: bool


class StageIn(Schema):
    """A stage to add behind another one of a line ("" is the default one)."""

    key: str = Field(max_length=64)
    name: str = Field(max_length=120)
    after: str = Field(max_length=64, description="Key of the stage before it.")
    kind: str = "open"
    team: str = "marketing"
    rule: dict[str, Any] | None = None
    automatic: str = "move"
    requires: list[str] = Field(default_factory=list, max_length=50)
    min_score: int | None = Field(None, ge=-100_000, le=100_000)
    limit_days: int | None = Field(None, ge=1, le=3_650)
    line: str = Field("", max_length=64)


class StageChange(Schema):
    """What changes; what is left out stays. ``rule`` null ends moves by rule."""

    name: str | None = Field(None, max_length=120)
    kind: str | None = None
    team: str | None = None
    rule: dict[str, Any] | None = None
    automatic: str | None = None
    requires: list[str] | None = Field(None, max_length=50)
    min_score: int | None = Field(None, ge=-100_000, le=100_000)
    limit_days: int | None = Field(None, ge=1, le=3_650)


class OrderIn(Schema):
    """All keys of a line in their new order."""

    keys: list[str] = Field(max_length=100)
    line: str = Field("", max_length=64)


class MoveIn(Schema):
    """Leads to move to a stage, ``stage`` or ``line/stage``. Going backwards, or out of lost
    or disqualified, needs a reason; so does passing the gate ``anyway``."""

    contact_ids: list[int] = Field(min_length=1, max_length=5_000)
    to: str = Field(max_length=129)
    reason: str = Field("", max_length=1000)
    anyway: bool = False


class ArchiveIn(Schema):
    """Where the leads of the stage go."""

    to: str = Field(max_length=64)


@router.get("", response=list[StageOut], summary="List stages")
def list_stages(request: HttpRequest, line: Annotated[str, Query(max_length=64)] = "") -> Any:
    """Of a line, in their order, archived ones too. Scope: leads.read."""
    caller(request, "leads.read")
    return _stages(line)


def _stages(line: str) -> list[queries.StageRow]:
    return list(queries.stages(queries.line(line).pk).values())


@router.post("", response={201: list[StageOut]}, summary="Add a stage")
def add_stage(request: HttpRequest, body: StageIn) -> Status[Any]:
    """Answers all stages. Scope: stages.write."""
    actions.add_stage(caller(request), **body.dict())
    return Status(201, _stages(body.line))


@router.put("/order", response=list[StageOut], summary="Reorder stages")
def reorder(request: HttpRequest, body: OrderIn) -> Any:
    """Scope: stages.write."""
    actions.reorder_stages(caller(request), body.keys, body.line)
    return _stages(body.line)


@router.post("/move", response=MovedOut, summary="Move leads")
def move(request: HttpRequest, body: MoveIn) -> Any:
    """Scope: leads.write."""
    numbers = [number for number in body.contact_ids if 0 < number < 2**63]
    actor = caller(request, "leads.write")
    return actions.move_stage(
        actor, numbers, body.to, "hand", body.reason, clock.now(), anyway=body.anyway
    )


@router.get("/{key}", response=StageOut, summary="Read a stage")
def read_stage(
    request: HttpRequest, key: str, line: Annotated[str, Query(max_length=64)] = ""
) -> Any:
    """Scope: leads.read."""
    caller(request, "leads.read")
    found = next((row for row in _stages(line) if row.key == key), None)
    if found is None:
        raise NotFound("There is no such stage.", stage=key)
    return found


@router.patch(
    "/{key}", response=list[StageOut], summary="Change a stage", openapi_extra=etag.CHANGES
)
def change_stage(
    request: HttpRequest,
    key: str,
    body: StageChange,
    line: Annotated[str, Query(max_length=64)] = "",
) -> Any:
    """Answers all stages of the line. Scope: stages.write."""
    actor = caller(request, "stages.write")
    given = body.dict(exclude_unset=True)
    version = etag.seen(request)
    path = f"{line}/{key}" if line else key
    kept = asdict(actions.draft_of(path))
    never = {"name", "kind", "team", "automatic", "requires"}
    wanted = {k: v for k, v in given.items() if v is not None or k not in never}
    actions.change_stage(actor, path, actions.StageDraft(**kept | wanted), version=version)
    return _stages(line)


@router.post(
    "/{key}/archive", response=Json, summary="Archive a stage", openapi_extra=etag.CHANGES
)
def archive_stage(
    request: HttpRequest,
    key: str,
    body: ArchiveIn,
    line: Annotated[str, Query(max_length=64)] = "",
) -> Json:
    """Its leads move to another stage first. Scope: stages.write."""
    actor, seen = caller(request), etag.seen(request)
    path = f"{line}/{key}" if line else key
    return {"moved": actions.archive_stage(actor, path, body.to, clock.now(), seen)}


@router.get("/{key}/blocked/{contact_id}", response=Json, summary="What bars the way")
def blocked(
    request: HttpRequest,
    key: str,
    contact_id: Id,
    line: Annotated[str, Query(max_length=64)] = "",
) -> Json:
    """What a contact lacks to pass the gate of a stage. Scope: leads.read."""
    caller(request, "leads.read")
    _line, stage = shared.find(f"{line}/{key}" if line else key)
    if people.profile(contact_id) is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)
    lacks = gates.missing(stage.id, contact_id, clock.now())
    return {"blocked_because": [f"{row.sentence} ({row.words})" for row in lacks]}
