"""The trap: what a sandbox would have sent, to be read and clicked as the recipient would."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from django.db.models import Q
from django.utils.translation import gettext as _

from trellis.core.errors import NotFound
from trellis.messaging.models import TrapMail

FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation;"
    " default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *"
)
"""Content-Security-Policy of the page that shows a mail's HTML: no scripts, links work."""


@dataclass(frozen=True, kw_only=True)
class Caught:
    """One line of the list."""

    id: int
    at: datetime
    contact_id: int
    message_id: int
    recipient: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A caught mail, taken apart. ``html`` is what the recipient's client would show; links
    in it open in a new tab."""

    caught: Caught
    headers: Sequence[tuple[str, str]]
    html: str
    text: str
    raw: bytes


def newest(
    *,
    query: str = "",
    contact_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Caught]:
    """Caught mails, newest first; ``before`` is the id of the last one of the page before."""
    rows = TrapMail.objects.order_by("-id")
    if query:
        rows = rows.filter(Q(recipient__icontains=query) | Q(subject__icontains=query))
    if contact_id is not None:
        rows = rows.filter(contact_id=contact_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_caught(row) for row in rows.defer("raw")[:limit]]


def opened(mail_id: int) -> Opened:
    """One mail with its parts; raises ``NotFound``."""
    row = TrapMail.objects.filter(id=mail_id).first()
    if row is None:
        raise NotFound(_("There is no such mail in the trap."))
    raw = bytes(row.raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return Opened(
        caught=_caught(row),
        headers=[(name, str(value)) for name, value in mail.items()],
        html='<base target="_blank">' + _part(mail, "html"),
        text=_part(mail, "plain"),
        raw=raw,
    )


def _caught(row: TrapMail) -> Caught:
    return Caught(
        id=row.pk,
        at=row.at,
        contact_id=row.contact_id,
        message_id=row.message_id,
        recipient=row.recipient,
        subject=row.subject,
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
