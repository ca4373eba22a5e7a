"""Definitions of attributes, of contacts and of companies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.people import definitions, spread
from trellis.people.models import Definition, Renaming
from trellis.rules import usage

router = Router(tags=["attributes"])
Of = Annotated[
    Literal["contact", "company"], Query(description="Whose attributes: contact or company.")
]


class AttributeOut(Schema):
    """The definition of an attribute. ``aliases`` maps options that were renamed to what they
    are called now."""

    key: str
    label: str
    type: str
    bucket: str
    how: str
    options: list[str]
    aliases: dict[str, str]
    unit: str
    minimum: float | None
    maximum: float | None
    pattern: str
    required: bool
    description: str
    version: int
    created_at: datetime


class AttributeIn(Schema):
    """An attribute to define, or (without key and type) what changes of one."""

    label: str = Field("", max_length=120)
    bucket: str = "demographic"
    how: str = "active"
    options: list[str] = Field(default_factory=list, max_length=200)
    unit: str = Field("", max_length=20, description="Of a number: kg, €, people.")
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = Field("", max_length=200, description="RE2, matched with the whole text.")
    required: bool = Field(False, description="Forms that ask for it must have an answer.")
    description: str = Field("", max_length=2000)


class NewAttribute(AttributeIn):
    """An attribute to define."""

    key: str = Field(max_length=64)
    type: str = Field(max_length=12)


class BarOut(Schema):
    """How many have a value (or one within ``low`` to ``high``)."""

    label: str
    n: int
    low: float | None
    high: float | None


class SpreadOut(Schema):
    """How the values of an attribute spread: over all, or over a sample of ``looked``."""

    total: int
    filled: int
    exact: bool
    looked: int
    bars: list[BarOut]
    others: int
    sources: dict[str, int]


class RenameIn(Schema):
    """An option and its new name."""

    before: str = Field(max_length=200)
    after: str = Field(max_length=200)


class RenamingOut(Schema):
    """A renaming of an option in all stored values: a job."""

    id: int
    before: str
    after: str
    actor: str
    at: datetime
    progress: int
    changed: int
    done_at: datetime | None


@router.get("", response=list[AttributeOut], summary="List attributes")
def list_attributes(request: HttpRequest, of: Of = "contact") -> list[Definition]:
    """Scope: attributes.read."""
    caller(request, "attributes.read")
    return spread.live(of)


@router.post("", response={201: AttributeOut}, summary="Define an attribute")
def create_attribute(
    request: HttpRequest, body: NewAttribute, of: Of = "contact"
) -> Status[Definition]:
    """Scope: attributes.write."""
    values = body.dict(exclude={"key", "type"})
    return Status(201, definitions.create(caller(request), body.key, body.type, values, of))


@router.get("/{key}", response=AttributeOut, summary="Read an attribute")
def read_attribute(request: HttpRequest, key: str, of: Of = "contact") -> Definition:
    """Scope: attributes.read."""
    caller(request, "attributes.read")
    return definitions.get(key, of)


@router.patch(
    "/{key}", response=AttributeOut, summary="Change an attribute", openapi_extra=etag.CHANGES
)
def change_attribute(
    request: HttpRequest, key: str, body: AttributeIn, of: Of = "contact"
) -> Definition:
    """Key and type stay. Scope: attributes.write."""
    values = body.dict(exclude_unset=True)
    return definitions.update(caller(request), key, values, of, etag.seen(request))


@router.delete(
    "/{key}", response={204: None}, summary="Archive an attribute", openapi_extra=etag.CHANGES
)
def archive_attribute(request: HttpRequest, key: str, of: Of = "contact") -> Status[None]:
    """Refused while a rule reads it. Scope: attributes.write."""
    actor = caller(request, "attributes.write")
    uses = usage.of_attribute(key) if of == "contact" else usage.of_company_attribute(key)
    definitions.archive(actor, key, [use.name for use in uses], of, etag.seen(request))
    return Status(204, None)


@router.get("/{key}/values", response=SpreadOut, summary="How values spread")
def attribute_values(request: HttpRequest, key: str, of: Of = "contact") -> spread.Spread:
    """Of many contacts, those of a sample. Scope: attributes.read."""
    caller(request, "attributes.read")
    return spread.of_attribute(definitions.get(key, of), of)


@router.get("/{key}/renamings", response=list[RenamingOut], summary="Renamings of options")
def list_renamings(request: HttpRequest, key: str, of: Of = "contact") -> list[Renaming]:
    """The newest first. Scope: attributes.read."""
    caller(request, "attributes.read")
    return spread.renamings(key, of)


@router.post("/{key}/renamings", response={202: RenamingOut}, summary="Rename an option")
def rename_option(
    request: HttpRequest, key: str, body: RenameIn, of: Of = "contact"
) -> Status[Renaming]:
    """Changes all stored values, in the background; refused while a rule names the option.
    Scope: attributes.write."""
    actor = caller(request, "attributes.write")
    uses = usage.of_option(key, body.before, of)
    made = definitions.rename_option(
        actor, key, body.before, body.after, [use.name for use in uses], of
    )
    return Status(202, made)
