"""Tags: their definitions, and putting them on contacts."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.people import tags
from trellis.people.models import Tag
from trellis.rules import usage

router = Router(tags=["tags"])


class TagOut(Schema):
    """A tag."""

    key: str
    name: str
    colour: str
    description: str
    version: int
    created_at: datetime


class TagPatch(Schema):
    """What changes of a tag; what is left out stays."""

    name: str = Field("", max_length=80)
    colour: str = Field("", max_length=12, description=", ".join(tags.COLOURS))
    description: str = Field("", max_length=1000)


class TagIn(Schema):
    """A tag to define. Its key is made of the name."""

    name: str = Field(max_length=80)
    colour: str = Field("", max_length=12, description=", ".join(tags.COLOURS))
    description: str = Field("", max_length=1000)


class TagsIn(Schema):
    """Whom to give which tags, by name or key, and which to take off."""

    contact_ids: list[int] = Field(max_length=10_000)
    add: list[str] = Field(default_factory=list, max_length=50)
    remove: list[str] = Field(default_factory=list, max_length=50)


class ChangedOut(Schema):
    """How many contacts changed."""

    changed: int


@router.get("", response=list[TagOut], summary="List tags")
def list_tags(request: HttpRequest) -> list[Tag]:
    """Scope: attributes.read."""
    caller(request, "attributes.read")
    return tags.live()


@router.post("", response={201: TagOut}, summary="Define a tag")
def create_tag(request: HttpRequest, body: TagIn) -> Status[Tag]:
    """Scope: attributes.write."""
    values = body.dict(exclude={"name"})
    return Status(201, tags.create(caller(request), body.name, values))


@router.post("/contacts", response=ChangedOut, summary="Tag contacts")
def tag_contacts(request: HttpRequest, body: TagsIn) -> dict[str, int]:
    """New tags are made. Scope: contacts.write."""
    actor = caller(request)
    return {"changed": tags.tag_contacts(actor, body.contact_ids, body.add, body.remove)}


@router.get("/{key}", response=TagOut, summary="Read a tag")
def read_tag(request: HttpRequest, key: str) -> Tag:
    """Scope: attributes.read."""
    caller(request, "attributes.read")
    return tags.get(key)


@router.patch("/{key}", response=TagOut, summary="Change a tag", openapi_extra=etag.CHANGES)
def change_tag(request: HttpRequest, key: str, body: TagPatch) -> Tag:
    """The key stays. Scope: attributes.write."""
    values = body.dict(exclude_unset=True)
    return tags.update(caller(request), key, values, etag.seen(request))


@router.delete(
    "/{key}", response={204: None}, summary="Archive a tag", openapi_extra=etag.CHANGES
)
def archive_tag(request: HttpRequest, key: str) -> Status[None]:
    """Takes it off everybody; refused while a rule reads it. Scope: attributes.write."""
    actor = caller(request, "attributes.write")
    names = [use.name for use in usage.of_tag(key)]
    tags.archive(actor, key, names, etag.seen(request))
    return Status(204, None)
