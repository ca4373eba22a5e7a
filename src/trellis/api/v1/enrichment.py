"""Sources of enrichment: set up, switch, ask, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.shown import ShownRule
from trellis.core import http
from trellis.core.errors import InvalidInput
from trellis.enrichment import actions, queries
from trellis.enrichment.models import EnrichmentSource
from trellis.people.provenance import BASES

router = Router(tags=["enrichment"])
HIDDEN = "…"


class SourceOut(Schema):
    """A source. ``fault`` says why it was switched off by itself."""

    id: int
    key: str
    kind: str
    name: str
    live: bool
    basis: str
    rule: ShownRule
    settings: dict[str, Any]
    rate: int
    fault: str
    version: int
    created_at: datetime

    @staticmethod
    def resolve_settings(row: EnrichmentSource) -> dict[str, Any]:
        """The settings without the secret."""
        return {k: HIDDEN if k == "secret" else v for k, v in row.settings.items()}


class SourceIn(Schema):
    """A source to set up, or what changes of one."""

    basis: str = Field("", description=", ".join(BASES))
    rule: dict[str, Any] = Field(default_factory=dict, description="Empty: all new contacts.")
    settings: dict[str, Any] = Field(default_factory=dict)
    rate: int = Field(60, description="Questions a minute at most.")


class SourcePatch(SourceIn):
    """What changes; what is left out stays."""

    name: str = Field("", max_length=80)


class NewSource(SourceIn):
    """A source to set up."""

    kind: str = Field(max_length=20, description="webhook, email_check or phone_check.")
    name: str = Field(max_length=80)


class LiveIn(Schema):
    """Whether it is switched on."""

    live: bool


class AboutIn(Schema):
    """The contact to ask about."""

    contact_id: int = Field(ge=1, le=2**63 - 1)


class QuestionOut(Schema):
    """The number of the question."""

    run_id: int


class AnswerOut(Schema):
    """What a source answers; nothing is stored."""

    traits: dict[str, Any]
    reason: str
    raw: str


class AskedOut(Schema):
    """A question about a contact, and what came of it."""

    contact_id: int
    run_id: int
    how: str
    state: str
    reason: str
    tries: int
    asked_at: datetime | None
    wake_at: datetime | None
    added: dict[str, Any]
    answer: str


@router.get("", response=list[SourceOut], summary="List sources of enrichment")
def list_enrichment(request: HttpRequest) -> list[EnrichmentSource]:
    """Scope: enrichment.read."""
    caller(request, "enrichment.read")
    return queries.sources()


@router.post("", response={201: SourceOut}, summary="Set up a source")
def create_enrichment(request: HttpRequest, body: NewSource) -> Status[EnrichmentSource]:
    """It asks nobody until it is switched on. Scope: enrichment.write."""
    values = body.dict(exclude={"kind", "name"}, exclude_unset=True)
    return Status(201, actions.create(caller(request), body.kind, body.name, values))


@router.get("/{source_id}", response=SourceOut, summary="Read a source")
def read_enrichment(request: HttpRequest, source_id: Id) -> EnrichmentSource:
    """Scope: enrichment.read."""
    caller(request, "enrichment.read")
    return actions.get(source_id)


@router.patch(
    "/{source_id}", response=SourceOut, summary="Change a source", openapi_extra=etag.CHANGES
)
def change_enrichment(request: HttpRequest, source_id: Id, body: SourcePatch) -> Any:
    """Scope: enrichment.write."""
    values = body.dict(exclude_unset=True)
    return actions.update(caller(request), source_id, values, etag.seen(request))


@router.delete(
    "/{source_id}", response={204: None}, summary="Archive a source", openapi_extra=etag.CHANGES
)
def archive_enrichment(request: HttpRequest, source_id: Id) -> Status[None]:
    """What it added stays. Scope: enrichment.write."""
    actions.archive(caller(request), source_id, etag.seen(request))
    return Status(204, None)


@router.post("/{source_id}/live", response=SourceOut, summary="Switch a source on or off")
def turn_enrichment(request: HttpRequest, source_id: Id, body: LiveIn) -> Any:
    """On needs a legal basis and whole settings. Scope: enrichment.write."""
    return actions.turn(caller(request), source_id, body.live)


@router.post("/{source_id}/ask", response={202: QuestionOut}, summary="Ask about a contact")
def ask_enrichment(request: HttpRequest, source_id: Id, body: AboutIn) -> Status[Any]:
    """Whatever its rule; in the background. Scope: contacts.write."""
    run_id = actions.ask(caller(request), source_id, body.contact_id)
    return Status(202, {"run_id": run_id})


@router.post("/{source_id}/test", response=AnswerOut, summary="Try a source out")
def test_enrichment(request: HttpRequest, source_id: Id, body: AboutIn) -> Any:
    """Asks at once and stores nothing. Scope: enrichment.write."""
    try:
        return actions.test(caller(request), source_id, body.contact_id)
    except http.Failed as error:
        raise InvalidInput(f"{error.reason}: {error.detail}", reason=error.reason) from error


@router.get("/{source_id}/runs", response=list[AskedOut], summary="Last answers of a source")
def list_enrichment_runs(request: HttpRequest, source_id: Id) -> Any:
    """The newest first. Scope: enrichment.read."""
    caller(request, "enrichment.read")
    actions.get(source_id)
    return queries.latest(source_id, 50)
