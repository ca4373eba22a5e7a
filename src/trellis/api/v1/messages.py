"""Templates, messages, channels and the sending policy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.accounts.access import require
from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.api.v1.contacts import plain
from trellis.messaging import actions, alarms, policy, preview, queries
from trellis.messaging.actions import TemplateDraft
from trellis.messaging.models import TemplateVersion
from trellis.messaging.queries import Filter
from trellis.people import masking

templates_router = Router(tags=["templates"])
router = Router(tags=["messages"])


class TemplateOut(Schema):
    """A template with what became of its messages."""

    key: str
    name: str
    channel: str
    purpose: str
    version: int
    locales: list[str]
    updated_at: datetime
    archived_at: datetime | None
    balance: Json

    @staticmethod
    def resolve_balance(line: Any) -> Json:
        """As JSON values."""
        found: Json = plain(line.balance)
        return found


class TemplateIn(Schema):
    """Content by locale ("" is the fallback): subject, preheader, mjml or html, text."""

    name: str = Field(max_length=120)
    purpose: Literal["marketing", "transactional"] = "marketing"
    variants: dict[str, dict[str, str]] = Field(max_length=40)
    from_name: str = Field("", max_length=120)
    from_email: str = Field("", max_length=254)
    reply_to: str = Field("", max_length=254)


class TemplateVersionOut(Schema):
    """A version of a template. It never changes; ``revision`` is of the template."""

    id: int
    number: int
    revision: int
    variants: Json
    from_name: str
    from_email: str
    reply_to: str
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_revision(row: TemplateVersion) -> int:
        """Another one after each change of the template."""
        return actions.revision_of(row.template)


class PreviewIn(Schema):
    """For whom to render; nobody renders with empty values."""

    contact_id: int | None = Field(None, ge=1, le=2**63 - 1)
    locale: str | None = Field(None, max_length=20)


class TestIn(Schema):
    """Where to send a test, with whose values."""

    to: str = Field(max_length=254)
    contact_id: int = Field(ge=1, le=2**63 - 1)


class MessageOut(Schema):
    """A message. ``why`` is its reason code."""

    contact_id: int
    message_id: int
    contact: str
    channel: str
    purpose: str
    template: str
    template_name: str
    journey_id: int | None
    state: str
    why: str
    detail: str
    address: str
    subject: str
    created_at: datetime
    wake_at: datetime | None
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None


class MessagePage(Schema):
    """A page of messages, newest first."""

    items: list[MessageOut]
    next_cursor: str | None


class MessageFilter(Schema):
    """Which messages; empty parts do not restrict."""

    state: str = Field("", max_length=10)
    reason: str = Field("", max_length=60)
    channel: str = Field("", max_length=12)
    template: str = Field("", max_length=64)
    journey_id: int | None = Field(None, ge=1, le=2**31 - 1)
    contact_id: int | None = Field(None, ge=1, le=2**63 - 1)
    q: str = Field("", max_length=200)

    def filter(self) -> Filter:
        """As the domain takes it."""
        values = self.dict(exclude={"q", "limit", "cursor"})
        return Filter(**values, query=self.q)


class MessageQuery(PageQuery, MessageFilter):
    """Which messages, a page of them."""


class SettleIn(Schema):
    """What to do with messages whose fate a crash hid."""

    message_ids: list[int] = Field(min_length=1, max_length=5_000)
    decision: Literal["resend", "drop"]


class PolicyOut(Schema):
    """What the gate measures against."""

    cap_count: int
    cap_days: int
    quiet_from: str
    quiet_to: str
    expiry_hours: int
    soft_bounces: int
    version: int

    @staticmethod
    def resolve_version(row: policy.Stored) -> int:
        """Another one after each change."""
        return policy.version_of(row)


class PolicyIn(Schema):
    """What changes; what is left out stays."""

    cap_count: int | None = Field(None, ge=0, le=10_000)
    cap_days: int | None = Field(None, ge=1, le=366)
    quiet_from: str | None = Field(None, max_length=8)
    quiet_to: str | None = Field(None, max_length=8)
    expiry_hours: int | None = Field(None, ge=1, le=8_784)
    soft_bounces: int | None = Field(None, ge=0, le=1_000)


class PauseIn(Schema):
    """Why a channel stops."""

    reason: str = Field(min_length=1, max_length=200)


@templates_router.get("", response=list[TemplateOut], summary="List templates")
def list_templates(
    request: HttpRequest, q: Annotated[str, Query(max_length=100)] = "", archived: bool = False
) -> Any:
    """Scope: templates.read."""
    caller(request, "templates.read")
    return queries.templates(query=q, archived=archived)


@templates_router.get("/{key}", response=TemplateVersionOut, summary="Read a template")
def read_template(
    request: HttpRequest,
    key: str,
    number: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> TemplateVersion:
    """The current or the numbered version. Scope: templates.read."""
    caller(request, "templates.read")
    return queries.version(key, number)


@templates_router.put(
    "/{key}", response=TemplateVersionOut, summary="Save a template", openapi_extra=etag.CHANGES
)
def save_template(request: HttpRequest, key: str, body: TemplateIn) -> TemplateVersion:
    """Makes the template, or a new version of it. Scope: templates.write."""
    draft = TemplateDraft(key=key, **body.dict())
    return actions.save_template(caller(request), draft, etag.seen(request))


@templates_router.get("/{key}/versions", response=list[TemplateVersionOut], summary="Versions")
def template_versions(request: HttpRequest, key: str) -> Any:
    """Newest first. Scope: templates.read."""
    caller(request, "templates.read")
    return queries.versions(key)


@templates_router.post("/{key}/preview", response=Json, summary="Render a template")
def render_template(request: HttpRequest, key: str, body: PreviewIn) -> Any:
    """Subject, HTML and text as a contact would get them. Scope: templates.read; with a
    contact, contacts.see_private too."""
    actor = caller(request, "templates.read")
    if body.contact_id is not None:
        require(actor, "contacts.see_private")
    version = queries.version(key)
    shown = preview.draft(
        version.variants,
        version.template.purpose,
        contact_id=body.contact_id,
        locale=body.locale,
    )
    return {"subject": shown.subject, "html": shown.html, "text": shown.text}


@templates_router.post("/{key}/test", response={202: Json}, summary="Send a test")
def send_test(request: HttpRequest, key: str, body: TestIn) -> Status[Json]:
    """Answers the cause under which the message stands. Scopes: messages.send and
    contacts.see_private."""
    version = queries.version(key)
    cause = actions.send_test(
        caller(request), version.pk, to=body.to, contact_id=body.contact_id
    )
    return Status(202, {"cause": cause})


@templates_router.delete(
    "/{key}", response={204: None}, summary="Archive a template", openapi_extra=etag.CHANGES
)
def archive_template(request: HttpRequest, key: str) -> Status[None]:
    """Refused while a journey uses it. Scope: templates.write."""
    actions.archive_template(caller(request), key, etag.seen(request))
    return Status(204, None)


@router.get("", response=MessagePage, summary="List messages")
def list_messages(request: HttpRequest, query: Annotated[MessageQuery, Query()]) -> Json:
    """Newest first. Scope: messages.read."""
    caller(request, "messages.read")
    after = query.after
    before = (after.at, after.id) if after else None
    rows = queries.messages(query.filter(), before=before, limit=query.limit + 1)
    return paging.cut(rows, query.limit, lambda row: (row.created_at, row.message_id))


@router.get("/balance", response=Json, summary="Balanced sheet")
def balance(request: HttpRequest, query: Annotated[MessageFilter, Query()]) -> Any:
    """Requested = sent + skipped by reason + waiting + failed + unknown …, always.
    Scope: messages.read."""
    caller(request, "messages.read")
    return plain(queries.balance(query.filter()))


@router.post("/settle", response=Json, summary="Settle unknown messages")
def settle(request: HttpRequest, body: SettleIn) -> Any:
    """Send again, or drop. Scope: messages.send."""
    numbers = [number for number in body.message_ids if 0 < number < 2**63]
    return plain(actions.settle_unknown(caller(request), numbers, body.decision))


@router.get("/policy", response=PolicyOut, summary="Read the sending policy")
def read_policy(request: HttpRequest) -> Any:
    """Scope: messages.read."""
    caller(request, "messages.read")
    return policy.stored()


@router.patch(
    "/policy",
    response=PolicyOut,
    summary="Change the sending policy",
    openapi_extra=etag.CHANGES,
)
def change_policy(request: HttpRequest, body: PolicyIn) -> Any:
    """Scope: users.manage."""
    given = {key: value for key, value in body.dict().items() if value is not None}
    return policy.change(caller(request), given, etag.seen(request))


@router.get("/channels", response=list[Json], summary="Paused and failing channels")
def channels(request: HttpRequest) -> Any:
    """Scope: messages.read."""
    caller(request, "messages.read")
    return [plain(alarm) for alarm in alarms.alarms()]


@router.post("/channels/{kind}/pause", response={204: None}, summary="Pause a channel")
def pause_channel(request: HttpRequest, kind: str, body: PauseIn) -> Status[None]:
    """Its messages wait. Scope: messages.send."""
    actions.pause_channel(caller(request), kind, body.reason)
    return Status(204, None)


@router.post("/channels/{kind}/resume", response={204: None}, summary="Resume a channel")
def resume_channel(request: HttpRequest, kind: str) -> Status[None]:
    """Scope: messages.send."""
    actions.resume_channel(caller(request), kind)
    return Status(204, None)


@router.get("/{contact_id}/{message_id}", response=MessageOut, summary="Read a message")
def read_message(request: HttpRequest, contact_id: Id, message_id: Id) -> Any:
    """Scope: messages.read."""
    caller(request, "messages.read")
    return queries.message(contact_id, message_id)


@router.get(
    "/{contact_id}/{message_id}/decisions",
    response=list[Json],
    summary="Why it went or did not go",
)
def message_decisions(request: HttpRequest, contact_id: Id, message_id: Id) -> Any:
    """What the gate decided, newest first. Scope: messages.read."""
    caller(request, "messages.read")
    return [
        {
            "at": row.at,
            "outcome": row.outcome,
            "reason": row.reason,
            "facts": masking.value("", row.facts),
        }
        for row in queries.decisions(contact_id, message_id)
    ]
