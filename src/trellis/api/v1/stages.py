"""Stages of the lifecycle, and moving leads between them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Json
from trellis.api.v1.contacts import MovedOut
from trellis.core import clock
from trellis.leads import actions, queries

router = Router(tags=["stages"])


class StageOut(Schema):
    """A stage. ``rule`` moves leads forward by itself; ``rule_broken`` says what is wrong."""

    id: int
    key: str
    name: str
    rank: int
    kind: str
    team: str
    rule: dict[str, Any] | None
    rule_broken: str
    archived: bool


class StageIn(Schema):
    """A stage to add behind another one."""

    key: str = Field(max_length=64)
    name: str = Field(max_length=120)
    after: str = Field(max_length=64, description="Key of the stage before it.")
    kind: str = "open"
    team: str = "marketing"
    rule: dict[str, Any] | None = None


class StageChange(Schema):
    """What changes; what is left out stays. ``rule`` null ends moves by rule."""

    name: str | None = Field(None, max_length=120)
    rule: dict[str, Any] | None = None


class OrderIn(Schema):
    """All keys in their new order."""

    keys: list[str] = Field(max_length=100)


class MoveIn(Schema):
    """Leads to move; going backwards needs a reason."""

    contact_ids: list[int] = Field(min_length=1, max_length=5_000)
    to: str = Field(max_length=64)
    reason: str = Field("", max_length=1000)


class ArchiveIn(Schema):
    """Where the leads of the stage go."""

    to: str = Field(max_length=64)


@router.get("", response=list[StageOut], summary="List stages")
def list_stages(request: HttpRequest) -> Any:
    """In their order, archived ones too. Scope: leads.read."""
    caller(request, "leads.read")
    return list(queries.stages().values())


@router.post("", response={201: list[StageOut]}, summary="Add a stage")
def add_stage(request: HttpRequest, body: StageIn) -> Status[Any]:
    """Answers all stages. Scope: stages.write."""
    actions.add_stage(caller(request), **body.dict())
    return Status(201, list(queries.stages().values()))


@router.put("/order", response=list[StageOut], summary="Reorder stages")
def reorder(request: HttpRequest, body: OrderIn) -> Any:
    """Scope: stages.write."""
    actions.reorder_stages(caller(request), body.keys)
    return list(queries.stages().values())


@router.post("/move", response=MovedOut, summary="Move leads")
def move(request: HttpRequest, body: MoveIn) -> Any:
    """Scope: leads.write."""
    numbers = [number for number in body.contact_ids if 0 < number < 2**63]
    actor = caller(request, "leads.write")
    return actions.move_stage(actor, numbers, body.to, "hand", body.reason, clock.now())


@router.patch("/{key}", response=list[StageOut], summary="Change a stage")
def change_stage(request: HttpRequest, key: str, body: StageChange) -> Any:
    """Answers all stages. Scope: stages.write."""
    actor = caller(request, "stages.write")
    given = body.dict(exclude_unset=True)
    if given.get("name") is not None:
        actions.rename_stage(actor, key, given["name"])
    if "rule" in given:
        actions.set_stage_rule(actor, key, given["rule"])
    return list(queries.stages().values())


@router.post("/{key}/archive", response=Json, summary="Archive a stage")
def archive_stage(request: HttpRequest, key: str, body: ArchiveIn) -> Json:
    """Its leads move to another stage first. Scope: stages.write."""
    return {"moved": actions.archive_stage(caller(request), key, body.to, clock.now())}
