"""What pages and the API read about templates and messages. Every list has a fixed number
of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from trellis.core.errors import NotFound
from trellis.events.models import Decision
from trellis.messaging import alarms
from trellis.messaging.models import Message, Template, TemplateVersion
from trellis.messaging.types import (
    BOUNCED,
    DELIVERED,
    FAILED,
    QUEUED,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
)
from trellis.people import masking
from trellis.people.models import Contact


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list of messages shows; empty parts do not restrict."""

    state: str = ""
    reason: str = ""
    channel: str = ""
    template: str = ""
    journey_id: int | None = None
    contact_id: int | None = None
    query: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message of a list. ``why`` is its reason code, also for what waits because its
    channel is paused."""

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


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Where requested messages are: requested = sent + bounced + waiting + sending + unknown
    + failed + skipped, always. ``sent`` includes delivered; skipped and failed by reason."""

    requested: int = 0
    sent: int = 0
    bounced: int = 0
    waiting: int = 0
    sending: int = 0
    unknown: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    clicked: int = 0

    @property
    def accounted(self) -> int:
        """The sum of all parts; equal to ``requested``."""
        parts = (self.sent, self.bounced, self.waiting, self.sending, self.unknown)
        return sum(parts) + sum(self.failed.values()) + sum(self.skipped.values())


@dataclass(frozen=True, kw_only=True)
class TemplateLine:
    """One template of a list, with what became of its messages."""

    key: str
    name: str
    channel: str
    purpose: str
    version: int
    version_id: int
    locales: list[str]
    updated_at: datetime
    archived_at: datetime | None
    balance: Balance


def messages(
    wanted: Filter, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> list[Line]:
    """Messages, newest first; ``before`` is (created_at, message_id) of the last line of the
    page before."""
    rows = _filtered(wanted).order_by("-created_at", "-message_id")
    if before is not None:
        at, number = before
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, message_id__lt=number))
    return _lines(list(rows[:limit]))


def message(contact_id: int, message_id: int) -> Line:
    """One message; raises ``NotFound``."""
    rows = list(Message.objects.filter(contact_id=contact_id, message_id=message_id))
    if not rows:
        raise NotFound(_("There is no such message."))
    return _lines(rows)[0]


def decisions(contact_id: int, message_id: int) -> list[Decision]:
    """What the gate decided about a message, newest first: why it went or did not go."""
    return list(
        Decision.objects.filter(
            contact_id=contact_id, subject=f"message:{message_id}"
        ).order_by("-at", "-decision_id")
    )


def balance(wanted: Filter) -> Balance:
    """The balance of the messages that match."""
    groups: Iterable[Any] = (
        _filtered(wanted)
        .values("state", "reason")
        .order_by("state", "reason")
        .annotate(n=Count("*"), opened=Count("opened_at"), clicked=Count("clicked_at"))
    )
    return _balance(list(groups))


def template(key: str) -> Template:
    """A template by key; raises ``NotFound``."""
    found = Template.objects.filter(key=key).first()
    if found is None:
        raise NotFound(_("There is no template %(key)s.") % {"key": key})
    return found


def version(key: str, number: int | None = None) -> TemplateVersion:
    """The current (or numbered) version of a template; raises ``NotFound``."""
    owner = template(key)
    found = owner.versions.filter(number=number or owner.version).first()
    if found is None:
        raise NotFound(
            _("Template %(key)s has no version %(number)s.") % {"key": key, "number": number}
        )
    return found


def versions(key: str) -> list[TemplateVersion]:
    """All versions of a template, newest first."""
    return list(template(key).versions.order_by("-number"))


def templates(*, query: str = "", archived: bool = False) -> list[TemplateLine]:
    """Templates by name, with the balance of each over all its versions."""
    rows = Template.objects.filter(archived_at__isnull=not archived).order_by("name", "id")
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(key__icontains=query))
    found = list(rows.prefetch_related("versions"))
    numbers = {item.pk: row.pk for row in found for item in row.versions.all()}
    grouped: dict[int, list[dict[str, Any]]] = {}
    groups: Iterable[Any] = (
        Message.objects.filter(template_version_id__in=numbers)
        .values("template_version_id", "state", "reason")
        .order_by()
        .annotate(n=Count("*"), opened=Count("opened_at"), clicked=Count("clicked_at"))
    )
    for group in groups:
        grouped.setdefault(numbers[group["template_version_id"]], []).append(group)
    return [_template_line(row, grouped.get(row.pk, [])) for row in found]


def template_names() -> dict[str, str]:
    """The names of the templates in use by key, for filters."""
    rows = Template.objects.filter(archived_at__isnull=True).order_by("name")
    return dict(rows.values_list("key", "name"))


def _template_line(row: Template, groups: Sequence[dict[str, Any]]) -> TemplateLine:
    current = next((item for item in row.versions.all() if item.number == row.version), None)
    return TemplateLine(
        key=row.key,
        name=row.name,
        channel=row.channel,
        purpose=row.purpose,
        version=row.version,
        version_id=current.pk if current else 0,
        locales=sorted(current.variants) if current else [],
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        balance=_balance(groups),
    )


def _filtered(wanted: Filter) -> QuerySet[Message]:
    rows = Message.objects.all()
    for name in ("state", "reason", "channel"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.journey_id is not None:
        rows = rows.filter(journey_id=wanted.journey_id)
    if wanted.contact_id is not None:
        rows = rows.filter(contact_id=wanted.contact_id)
    if wanted.template:
        numbers = TemplateVersion.objects.filter(template__key=wanted.template).values("id")
        rows = rows.filter(template_version_id__in=numbers)
    if wanted.query:
        rows = rows.filter(_said(wanted.query))
    return rows


def _said(words: str) -> Q:
    """Words of subject or address. A subject may hold a name, so who may not see it looks at
    the template's name, and at whole addresses."""
    if not masking.veiled():
        return Q(subject__icontains=words) | Q(address__icontains=words)
    named = TemplateVersion.objects.filter(template__name__icontains=words).values("id")
    return Q(address__iexact=words) | Q(template_version_id__in=named)


def _secrets(owner: Contact | None) -> tuple[str, ...]:
    return (owner.last_name, owner.email, owner.phone) if owner is not None else ()


def _lines(rows: Sequence[Message]) -> list[Line]:
    contacts = Contact.objects.in_bulk({row.contact_id for row in rows})
    known = {
        item.pk: item.template
        for item in TemplateVersion.objects.select_related("template").filter(
            id__in={row.template_version_id for row in rows}
        )
    }
    stopped = set(alarms.paused()) if any(row.state == QUEUED for row in rows) else set()
    lines = []
    for row in rows:
        owner, used = contacts.get(row.contact_id), known.get(row.template_version_id)
        held = row.state == QUEUED and row.channel in stopped
        lines.append(
            Line(
                contact_id=row.contact_id,
                message_id=row.message_id,
                contact=_name(owner) if owner else f"#{row.contact_id}",
                channel=row.channel,
                purpose=row.purpose,
                template=used.key if used else "",
                template_name=used.name if used else "",
                journey_id=row.journey_id,
                state=row.state,
                why="channel_paused" if held else row.reason,
                detail=masking.without(row.detail, _secrets(owner)),
                address=masking.text(row.address or (owner.email if owner else "")),
                subject=masking.without(row.subject, _secrets(owner)),
                created_at=row.created_at,
                wake_at=row.wake_at,
                sent_at=row.sent_at,
                opened_at=row.opened_at,
                clicked_at=row.clicked_at,
            )
        )
    return lines


def _name(owner: Contact) -> str:
    """A contact's name as the reader may see it."""
    full = f"{owner.first_name} {masking.value('last_name', owner.last_name)}".strip()
    return full or masking.text(str(owner))


_SINGLE = {
    SENT: "sent",
    DELIVERED: "sent",
    BOUNCED: "bounced",
    QUEUED: "waiting",
    SENDING: "sending",
    UNKNOWN: "unknown",
}


def _balance(groups: Sequence[dict[str, Any]]) -> Balance:
    totals = dict.fromkeys(_SINGLE.values(), 0)
    by_reason: dict[str, dict[str, int]] = {FAILED: {}, SKIPPED: {}}
    for group in groups:
        state, n = group["state"], group["n"]
        if state in by_reason:
            reasons = by_reason[state]
            reasons[group["reason"]] = reasons.get(group["reason"], 0) + n
        else:
            totals[_SINGLE[state]] += n
    return Balance(
        requested=sum(group["n"] for group in groups),
        failed=by_reason[FAILED],
        skipped=by_reason[SKIPPED],
        opened=sum(group["opened"] for group in groups),
        clicked=sum(group["clicked"] for group in groups),
        **totals,
    )


@dataclass(frozen=True, kw_only=True)
class SentCounts:
    """Messages that went out in a time, and what came of them."""

    sent: int
    opened: int
    clicked: int


def sent_since(since: datetime) -> SentCounts:
    """How many messages made since a time went out, were opened and were clicked."""
    found = Message.objects.filter(created_at__gt=since).aggregate(
        sent=Count("sent_at"), opened=Count("opened_at"), clicked=Count("clicked_at")
    )
    return SentCounts(**found)
