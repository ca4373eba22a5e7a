"""Definitions of attributes, and companies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import paging
from trellis.api.auth import caller
from trellis.api.paging import Json, PageQuery
from trellis.people import definitions
from trellis.people.models import Attribute, Company
from trellis.rules import usage

attributes_router = Router(tags=["attributes"])
companies_router = Router(tags=["companies"])


class AttributeOut(Schema):
    """The definition of an attribute."""

    key: str
    label: str
    type: str
    bucket: str
    how: str
    options: list[str]
    description: str
    created_at: datetime


class AttributeIn(Schema):
    """An attribute to define, or (without key and type) what changes of one."""

    label: str = Field("", max_length=120)
    bucket: str = "demographic"
    how: str = "active"
    options: list[str] = Field(default_factory=list, max_length=200)
    description: str = Field("", max_length=2000)


class NewAttribute(AttributeIn):
    """An attribute to define."""

    key: str = Field(max_length=64)
    type: str = Field(max_length=12)


class CompanyOut(Schema):
    """An organisation contacts belong to."""

    id: int
    name: str
    domain: str
    attributes: dict[str, Any]
    created_at: datetime


class CompanyPage(Schema):
    """A page of companies, newest first."""

    items: list[CompanyOut]
    next_cursor: str | None


@attributes_router.get("", response=list[AttributeOut], summary="List attributes")
def list_attributes(request: HttpRequest) -> list[Attribute]:
    """Scope: attributes.read."""
    caller(request, "attributes.read")
    return list(Attribute.objects.filter(archived_at=None).order_by("key"))


@attributes_router.post("", response={201: AttributeOut}, summary="Define an attribute")
def create_attribute(request: HttpRequest, body: NewAttribute) -> Status[Attribute]:
    """Scope: attributes.write."""
    values = body.dict(exclude={"key", "type"})
    return Status(201, definitions.create(caller(request), body.key, body.type, values))


@attributes_router.patch("/{key}", response=AttributeOut, summary="Change an attribute")
def change_attribute(request: HttpRequest, key: str, body: AttributeIn) -> Attribute:
    """Key and type stay. Scope: attributes.write."""
    return definitions.update(caller(request), key, body.dict(exclude_unset=True))


@attributes_router.delete("/{key}", response={204: None}, summary="Archive an attribute")
def archive_attribute(request: HttpRequest, key: str) -> Status[None]:
    """Refused while a rule reads it. Scope: attributes.write."""
    actor = caller(request, "attributes.write")
    definitions.archive(actor, key, [use.name for use in usage.of_attribute(key)])
    return Status(204, None)


@companies_router.get("", response=CompanyPage, summary="List companies")
def list_companies(request: HttpRequest, query: Annotated[PageQuery, Query()]) -> Json:
    """Newest first. Scope: companies.read."""
    caller(request, "companies.read")
    rows = Company.objects.order_by("-created_at", "-id")
    if (after := query.after) is not None:
        rows = rows.filter(created_at__lte=after.at).exclude(
            created_at=after.at, id__gte=after.id
        )
    found = list(rows[: query.limit + 1])
    return paging.cut(found, query.limit, lambda row: (row.created_at, row.pk))
