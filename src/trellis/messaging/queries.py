"""What pages and the API read about messages, templates and the trap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from trellis.core.paging import Cursor, Page, paged
from trellis.messaging.models import Template, TemplateVersion, TrapMail


@dataclass(frozen=True, kw_only=True)
class SentCounts:
    """Messages that went out in a time, and what came of them."""

    sent: int
    opened: int
    clicked: int


def sent_since(since: datetime) -> SentCounts:
    """How many messages made since a time went out, were opened and were clicked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE sent_at IS NOT NULL), count(opened_at),"
            " count(clicked_at) FROM message WHERE created_at > %s",
            [since],
        )
        row = cursor.fetchone() or (0, 0, 0)
    return SentCounts(sent=row[0], opened=row[1], clicked=row[2])


@dataclass(frozen=True, kw_only=True)
class MessageRow:
    """One message of a list."""

    contact_id: int
    message_id: int
    channel: str
    purpose: str
    state: str
    reason: str
    detail: str
    address: str
    subject: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    wake_at: datetime | None
    template_id: int
    template: str
    version: int
    journey_id: int | None
    journey: str
    cause: str


_ROW = (
    "SELECT m.contact_id, m.message_id, m.channel, m.purpose, m.state, m.reason, m.detail,"
    " m.address, m.subject, m.tries, m.created_at, m.sent_at, m.opened_at, m.clicked_at,"
    " m.wake_at, coalesce(t.id, 0), coalesce(t.name, ''), coalesce(v.number, 0), m.journey_id,"
    " coalesce(j.name, ''), m.cause"
    " FROM message m LEFT JOIN template_version v ON v.id = m.template_version_id"
    " LEFT JOIN template t ON t.id = v.template_id LEFT JOIN journey j ON j.id = m.journey_id"
)
_NAMES = tuple(MessageRow.__dataclass_fields__)


def _messages(sql: str, params: Sequence[Any]) -> list[MessageRow]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROW} {sql}", list(params))
        return [MessageRow(**dict(zip(_NAMES, row, strict=True))) for row in cursor.fetchall()]


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """Which messages a list shows; "" or None = all."""

    state: str = ""
    reason: str = ""
    template_id: int | None = None
    journey_id: int | None = None


def messages(filters: MessageFilter, after: Cursor | None, limit: int) -> Page[MessageRow]:
    """A page of messages, the newest first."""
    parts: list[str] = ["true"]
    params: list[Any] = []
    for column, value in (
        ("m.state", filters.state),
        ("m.reason", filters.reason),
        ("v.template_id", filters.template_id),
        ("m.journey_id", filters.journey_id),
    ):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    if after is not None:
        parts.append("(m.created_at, m.message_id) < (%s, %s)")
        params += [after.at, after.id]
    rows = _messages(
        f"WHERE {' AND '.join(parts)} ORDER BY m.created_at DESC, m.message_id DESC LIMIT %s",
        [*params, limit + 1],
    )
    return paged(rows, limit, lambda row: (row.created_at, row.message_id))


def of_contact(contact_id: int, limit: int = 50) -> list[MessageRow]:
    """The messages of a contact, the newest first."""
    return _messages(
        "WHERE m.contact_id = %s ORDER BY m.created_at DESC LIMIT %s", [contact_id, limit]
    )


def message(contact_id: int, message_id: int) -> MessageRow | None:
    """One message."""
    rows = _messages("WHERE m.contact_id = %s AND m.message_id = %s", [contact_id, message_id])
    return rows[0] if rows else None


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Where every message made since a time stands: state → n, and (state, reason) → n."""

    total: int
    states: Mapping[str, int]
    reasons: Sequence[tuple[str, str, int]]


def balance(since: datetime, journey_id: int | None = None) -> Balance:
    """The balance sheet: asked for = sent + skipped + waiting + failed, always."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, reason, count(*) FROM message WHERE created_at > %s"
            " AND (%s::int IS NULL OR journey_id = %s) GROUP BY state, reason ORDER BY 3 DESC",
            [since, journey_id, journey_id],
        )
        rows = [(str(state), str(reason), int(n)) for state, reason, n in cursor.fetchall()]
    states: dict[str, int] = {}
    for state, _reason, n in rows:
        states[state] = states.get(state, 0) + n
    return Balance(
        total=sum(states.values()), states=states, reasons=[row for row in rows if row[1]]
    )


def templates(search: str = "") -> list[Template]:
    """The templates in use, by name."""
    rows = Template.objects.filter(archived_at__isnull=True).order_by("name")
    return list(rows.filter(name__icontains=search) if search else rows)


def template_use(since: datetime) -> dict[int, SentCounts]:
    """What was sent with each template since a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.template_id, count(*) FILTER (WHERE m.sent_at IS NOT NULL),"
            " count(m.opened_at), count(m.clicked_at) FROM message m"
            " JOIN template_version v ON v.id = m.template_version_id"
            " WHERE m.created_at > %s GROUP BY 1",
            [since],
        )
        return {
            int(number): SentCounts(sent=sent, opened=opened, clicked=clicked)
            for number, sent, opened, clicked in cursor.fetchall()
        }


def version(template: Template) -> TemplateVersion | None:
    """The current version of a template."""
    return template.versions.filter(number=template.version).first()


def trap(after: Cursor | None, limit: int, search: str = "") -> Page[TrapMail]:
    """What the sandbox kept, the newest first, without the bodies."""
    rows = TrapMail.objects.defer("raw").order_by("-at", "-id")
    if search:
        rows = rows.filter(recipient__icontains=search) | rows.filter(subject__icontains=search)
    if after is not None:
        rows = rows.filter(at__lte=after.at).exclude(at=after.at, id__gte=after.id)
    return paged(list(rows[: limit + 1]), limit, lambda row: (row.at, row.pk))
