"""Companies: list, read, change, merge, and their people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.core.errors import NotFound
from trellis.people import companies, company_actions, company_queries

router = Router(tags=["companies"])


class CompanyOut(Schema):
    """An organisation contacts belong to. ``people`` counts its live contacts."""

    id: int
    name: str
    domain: str
    attributes: dict[str, Any]
    people: int
    created_at: datetime
    updated_at: datetime
    version: int


class CompanyDetail(CompanyOut):
    """A company with all that names it, and where each value came from."""

    domains: list[str]
    group_ids: list[str]
    provenance: dict[str, Any]
    merged_into: int | None


class CompanyPage(Schema):
    """A page of companies, newest first."""

    items: list[CompanyOut]
    next_cursor: str | None


class CompanyQuery(PageQuery):
    """Which companies: words of the name or domain."""

    q: str = Field("", max_length=200)


class CompanyIn(Schema):
    """A company to add."""

    name: str = Field(max_length=200)
    domains: list[str] = Field(default_factory=list, max_length=50)
    attributes: dict[str, Any] = Field(default_factory=dict)


class CompanyPatch(Schema):
    """What changes; what is left out stays, an attribute that is null is emptied."""

    name: str | None = Field(None, max_length=200)
    domains: list[str] | None = Field(None, max_length=50)
    attributes: dict[str, Any] = Field(default_factory=dict)


class CompanySettings(Schema):
    """``make``: a company is made for each domain of an address at work that none has."""

    make: bool


class CompanySettingsOut(CompanySettings):
    """The settings as they stand."""

    version: int


class CompanyMergeIn(Schema):
    """The company that goes into this one."""

    loser_id: int = Field(ge=1, le=2**63 - 1)


class CompanyMergedOut(Schema):
    """How many people moved, and the number under which the merge can be undone."""

    moved: int
    merge_id: int


class CompanyMergeOut(Schema):
    """A merge and whether it was undone; ``name`` is that of the company that went."""

    merge_id: int
    company_id: int
    loser_id: int
    name: str
    at: datetime
    reason: str
    actor: str
    undone_at: datetime | None


@router.get("", response=CompanyPage, summary="List companies")
def list_companies(request: HttpRequest, query: Annotated[CompanyQuery, Query()]) -> Json:
    """Newest first. Scope: companies.read."""
    caller(request, "companies.read")
    return paging.answer(company_queries.companies(query.q, query.after, query.limit))


@router.post("", response={201: CompanyDetail}, summary="Create a company")
def create_company(request: HttpRequest, body: CompanyIn) -> Status[Any]:
    """Refused where a domain is another company's. Scope: companies.write."""
    actor = caller(request)
    made = company_actions.create(actor, body.name, body.domains, body.attributes)
    return Status(201, _detail(made.pk))


@router.get("/settings", response=CompanySettingsOut, summary="How companies come to be")
def get_company_settings(request: HttpRequest) -> dict[str, int]:
    """Scope: companies.read."""
    caller(request, "companies.read")
    return _settings()


@router.put(
    "/settings",
    response=CompanySettingsOut,
    summary="Change how companies come to be",
    openapi_extra=etag.CHANGES,
)
def put_company_settings(request: HttpRequest, body: CompanySettings) -> dict[str, int]:
    """Scope: users.manage."""
    company_actions.set_make(caller(request), body.make, etag.seen(request))
    return _settings()


@router.get("/{company_id}", response=CompanyDetail, summary="Read a company")
def get_company(request: HttpRequest, company_id: Id) -> Any:
    """Scope: companies.read."""
    caller(request, "companies.read")
    return _detail(company_id)


@router.patch(
    "/{company_id}",
    response=CompanyDetail,
    summary="Change a company",
    openapi_extra=etag.CHANGES,
)
def change_company(request: HttpRequest, company_id: Id, body: CompanyPatch) -> Any:
    """Scope: companies.write."""
    company_actions.update(
        caller(request),
        company_id,
        name=body.name,
        domains=body.domains,
        values=body.attributes,
        version=etag.seen(request),
    )
    return _detail(company_id)


@router.post(
    "/{company_id}/merge", response=CompanyMergedOut, summary="Merge another company in"
)
def merge_company(request: HttpRequest, company_id: Id, body: CompanyMergeIn) -> dict[str, int]:
    """Its people, domains and ids go over; it can be undone. Scope: companies.write."""
    row = company_actions.merge(caller(request), company_id, body.loser_id)
    return {"moved": len(row.kept["people"]), "merge_id": row.pk}


@router.get("/{company_id}/merges", response=list[CompanyMergeOut], summary="Merges")
def list_company_merges(request: HttpRequest, company_id: Id) -> Any:
    """What was merged into a company, the newest first. Scope: companies.read."""
    caller(request, "companies.read")
    return company_queries.merges(company_id)


@router.delete(
    "/{company_id}/merges/{merge_id}", response=CompanyDetail, summary="Undo a merge"
)
def undo_company_merge(request: HttpRequest, company_id: Id, merge_id: Id) -> Any:
    """Both get back what was theirs; answers the restored company. Scope: companies.write."""
    actor = caller(request, "companies.write")
    if not any(row.merge_id == merge_id for row in company_queries.merges(company_id)):
        raise NotFound("This company has no such merge.", merge_id=merge_id)
    row, _people = company_actions.undo_merge(actor, merge_id)
    return _detail(row.loser_id)


@router.get("/{company_id}/contacts", response=list[int], summary="People of a company")
def company_contacts(
    request: HttpRequest,
    company_id: Id,
    after: Annotated[int, Query(ge=0, description="The last number of the page before.")] = 0,
) -> list[int]:
    """Numbers of contacts, up to 200, in order. Scope: contacts.read."""
    caller(request, "contacts.read")
    return company_queries.people_of(company_id, after, paging.MAX)


def _settings() -> dict[str, int]:
    known = companies.settings()
    return {**known, "version": company_actions.settings_version()}


def _detail(company_id: int) -> company_queries.CompanyDetail:
    found = company_queries.company(company_id)
    if found is None:
        raise NotFound("There is no such company.", company_id=company_id)
    return found
