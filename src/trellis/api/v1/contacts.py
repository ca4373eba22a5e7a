"""Contacts: list, read, change, merge, erase."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.events import consents
from trellis.events import queries as events
from trellis.events.behaviour import read_draft
from trellis.events.queries import Wanted
from trellis.journeys import queries as journeys
from trellis.leads import actions as leads
from trellis.leads import queries as lead_queries
from trellis.people import actions, queries
from trellis.people.queries import ContactFilter, Predicate
from trellis.people.types import Ident
from trellis.rules import evaluate
from trellis.rules.look import look
from trellis.scoring import explain
from trellis.segments import queries as segments

router = Router(tags=["contacts"])


class ContactOut(Schema):
    """A contact with its standing."""

    contact_id: int
    known: bool
    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    country: str
    locale: str
    company: str
    created_at: datetime
    last_seen: datetime | None
    score: int
    grade: str
    temperature: str
    stage_id: int | None
    attributes: dict[str, Any]
    tags: list[str]


class ContactDetail(ContactOut):
    """A contact with everything its profile holds. ``merged_into`` names the survivor."""

    merged_into: int | None
    company_id: int | None
    time_zone: str
    provenance: dict[str, Any]
    updated_at: datetime
    first_seen: datetime | None
    demographic: int
    interest: int
    engagement: int
    version: int

    @staticmethod
    def resolve_version(row: queries.Profile) -> int:
        """Another one after each change of a field or attribute."""
        return actions.version_of(row.contact_id)


class ContactPage(Schema):
    """A page of contacts, newest first."""

    items: list[ContactOut]
    next_cursor: str | None


class ContactQuery(PageQuery):
    """Which contacts: words of name, email or phone; kind; temperature; stage; segment."""

    q: str = Field("", max_length=200)
    kind: Literal["known", "anonymous", "all"] = "known"
    temperature: Literal["", "cold", "warm", "hot"] = ""
    stage: str = Field("", max_length=64, description="Key of a stage.")
    segment_id: int | None = Field(None, ge=1, le=2**31 - 1)


class IdentityIn(Schema):
    """An identity: kind (email, phone, user_id, or another system's) and value."""

    kind: str = Field(max_length=64)
    value: str = Field(max_length=512)


class ContactIn(Schema):
    """Traits (contact fields and attributes by key) and further identities."""

    traits: dict[str, Any] = Field(default_factory=dict)
    identities: list[IdentityIn] = Field(default_factory=list, max_length=20)


class TraitsIn(Schema):
    """What changes; what is left out stays."""

    traits: dict[str, Any]


class RuleIn(Schema):
    """A rule as JSON (see the rule language)."""

    rule: dict[str, Any]


class FoundOut(Schema):
    """How many contacts a rule finds (``exact`` or estimated within ``margin``), and some."""

    n: int
    total: int
    exact: bool
    margin: int
    sample: list[ContactOut]


class EventOut(Schema):
    """An event of the timeline."""

    event_id: int
    at: datetime
    type: str
    name: str
    props: dict[str, Any]
    origin_id: int | None
    cause: int | None


class EventPage(Schema):
    """A page of a timeline, newest first."""

    items: list[EventOut]
    next_cursor: str | None


class TimelineQuery(PageQuery):
    """Which events: a kind, a channel, words of the name or the properties, from ``since``
    up to but without ``until``."""

    kind: Literal["", "activity", "messages", "decisions", "profile"] = ""
    channel: str = Field("", max_length=12)
    q: str = Field("", max_length=100)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class ConsentIn(Schema):
    """A consent given or withdrawn, with the words and where they were said."""

    purpose: Literal["marketing", "sales_contact", "tracking", "enrichment"]
    channel: str = Field("*", max_length=12)
    given: bool
    wording: str = Field("", max_length=4000)
    source: str = Field("api", max_length=120)


class ConsentOut(Schema):
    """A consent as it was recorded."""

    purpose: str
    channel: str
    given: bool
    at: datetime
    source: str
    wording: str


class StageIn(Schema):
    """The stage to move to; going backwards needs a reason."""

    to: str = Field(max_length=64)
    reason: str = Field("", max_length=1000)


class MovedOut(Schema):
    """Who moved, and how many did not, by reason."""

    contact_ids: list[int]
    skipped: dict[str, int]


class EraseIn(Schema):
    """Why the person is erased; it stands in the audit trail, the person does not."""

    reason: str = Field(min_length=1, max_length=300)


@router.get("", response=ContactPage, summary="List contacts")
def list_contacts(request: HttpRequest, query: Annotated[ContactQuery, Query()]) -> Json:
    """Newest first. Scope: contacts.read."""
    caller(request, "contacts.read")
    return paging.answer(queries.contacts(_filter(query), query.after, query.limit))


def _filter(query: ContactQuery) -> ContactFilter:
    more: list[Predicate] = []
    if query.segment_id is not None:
        sql = (
            "EXISTS (SELECT 1 FROM membership f WHERE f.contact_id = c.contact_id"
            " AND f.segment_id = %(segment)s)"
        )
        more.append(Predicate(sql=sql, params={"segment": query.segment_id}))
    stage_id = None
    if query.stage:
        found = [row.id for row in lead_queries.stages().values() if row.key == query.stage]
        if not found:
            raise NotFound("There is no such stage.", stage=query.stage)
        stage_id = found[0]
    return ContactFilter(
        search=query.q,
        kind=query.kind,
        temperature=query.temperature,
        stage_id=stage_id,
        more=more,
    )


@router.post("/find", response=FoundOut, summary="Count and sample by rule")
def find_contacts(request: HttpRequest, body: RuleIn) -> Json:
    """How many contacts a rule finds, and ten of them. Scope: contacts.read."""
    caller(request, "contacts.read")
    rule = read_draft(body.rule)
    found = look(rule, clock.now(), evaluate.fields())
    return {**plain(found.count), "sample": queries.by_ids(found.contact_ids)}


@router.post("", response={201: ContactDetail}, summary="Create a contact")
def create_contact(request: HttpRequest, body: ContactIn) -> Status[Any]:
    """Refused where somebody has one of the identities already; the answer names that
    contact. Scope: contacts.write."""
    idents: list[Ident] = [(one.kind, one.value) for one in body.identities]
    made = actions.create_contact(caller(request), body.traits, idents)
    return Status(201, read_profile(made))


@router.get("/{contact_id}", response=ContactDetail, summary="Read a contact")
def get_contact(request: HttpRequest, contact_id: Id) -> Any:
    """Scope: contacts.read."""
    caller(request, "contacts.read")
    return read_profile(contact_id)


@router.patch(
    "/{contact_id}",
    response=ContactDetail,
    summary="Change a contact",
    openapi_extra=etag.CHANGES,
)
def change_contact(request: HttpRequest, contact_id: Id, body: TraitsIn) -> Any:
    """Scope: contacts.write."""
    actions.update_contact(caller(request), contact_id, body.traits, etag.seen(request))
    return read_profile(contact_id)


@router.post("/{contact_id}/erase", response={204: None}, summary="Erase a person")
def erase_contact(request: HttpRequest, contact_id: Id, body: EraseIn) -> Status[None]:
    """Removes everything about the person, for good. Scope: contacts.erase."""
    actions.erase(caller(request), contact_id, body.reason)
    return Status(204, None)


@router.get("/{contact_id}/identities", response=list[IdentityIn], summary="Identities")
def list_identities(request: HttpRequest, contact_id: Id) -> Any:
    """Scope: contacts.read."""
    caller(request, "contacts.read")
    read_profile(contact_id)
    return queries.identities(contact_id)


@router.post(
    "/{contact_id}/identities", response={201: list[IdentityIn]}, summary="Add an identity"
)
def add_identity(request: HttpRequest, contact_id: Id, body: IdentityIn) -> Status[Any]:
    """Refused where it belongs to somebody else. Scope: contacts.write."""
    actions.add_identity(caller(request), contact_id, body.kind, body.value)
    return Status(201, queries.identities(contact_id))


@router.delete(
    "/{contact_id}/identities", response=list[IdentityIn], summary="Remove an identity"
)
def remove_identity(request: HttpRequest, contact_id: Id, body: IdentityIn) -> Any:
    """Scope: contacts.write."""
    actions.remove_identity(caller(request), contact_id, body.kind, body.value)
    return queries.identities(contact_id)


@router.get("/{contact_id}/events", response=EventPage, summary="Timeline")
def list_timeline(
    request: HttpRequest,
    contact_id: Id,
    query: Annotated[TimelineQuery, Query()],
) -> Json:
    """Events, newest first. Scope: contacts.read."""
    caller(request, "contacts.read")
    read_profile(contact_id)
    wanted = Wanted(
        kind=query.kind,
        channel=query.channel,
        text=query.q,
        since=query.since,
        until=query.until,
    )
    return paging.answer(events.timeline(contact_id, wanted, query.after, query.limit))


@router.get("/{contact_id}/score", response=Json, summary="Explain the score")
def explain_score(request: HttpRequest, contact_id: Id, model_id: Id | None = None) -> Any:
    """Each rule with its points and the days behind them, and what limits took away: by
    the default model, or by another. Scope: scoring.read."""
    caller(request, "scoring.read")
    read_profile(contact_id)
    found = explain.explain(contact_id, clock.now(), model_id)
    if found is None:
        raise NotFound("This contact has no score yet.")
    return plain(found)


@router.get("/{contact_id}/segments", response=list[Json], summary="Segments of a contact")
def contact_segments(request: HttpRequest, contact_id: Id) -> Any:
    """Scope: segments.read."""
    caller(request, "segments.read")
    return [
        {
            "id": row.segment.pk,
            "key": row.segment.key,
            "name": row.segment.name,
            "since": row.since,
        }
        for row in segments.of_contact(contact_id)
    ]


@router.get("/{contact_id}/journeys", response=list[Json], summary="Journeys of a contact")
def contact_journeys(request: HttpRequest, contact_id: Id) -> Any:
    """Scope: journeys.read."""
    caller(request, "journeys.read")
    return [plain(row) for row in journeys.of_contact(contact_id)]


@router.get("/{contact_id}/consents", response=list[ConsentOut], summary="Consents")
def list_consents(request: HttpRequest, contact_id: Id) -> Any:
    """All that was said, newest first. Scope: contacts.read."""
    caller(request, "contacts.read")
    return queries.consents(contact_id)


@router.post("/{contact_id}/consents", response={202: None}, summary="Record a consent")
def add_consent(request: HttpRequest, contact_id: Id, body: ConsentIn) -> Status[None]:
    """Append only, with the next batch. Giving one needs the words they agreed to.
    Scope: contacts.write."""
    actor = caller(request, "contacts.write")
    read_profile(contact_id)
    consents.tell(actor, contact_id, **body.dict(), now=clock.now())
    return Status(202, None)


@router.post("/{contact_id}/stage", response=MovedOut, summary="Move to a stage")
def move_stage(request: HttpRequest, contact_id: Id, body: StageIn) -> Any:
    """Scope: leads.write."""
    actor = caller(request, "leads.write")
    read_profile(contact_id)
    return leads.move_stage(actor, [contact_id], body.to, "hand", body.reason, clock.now())


def read_profile(contact_id: int) -> queries.Profile:
    """The contact; raises ``NotFound``."""
    found = queries.profile(contact_id)
    if found is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)
    return found


def plain(value: Any) -> Any:
    """A dataclass of a domain as JSON values."""
    return msgspec.to_builtins(value)
