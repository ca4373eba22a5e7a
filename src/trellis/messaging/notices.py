"""Mail to members of staff about their notices: to the trap in a sandbox, otherwise by the
mail server of messages. No gate: staff asked to be told."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage as Mail
from django.core.mail import get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from trellis.accounts.access import actor_of
from trellis.accounts.models import Notice
from trellis.core import clock, counters
from trellis.messaging.channels.email.smtp import parse_url
from trellis.messaging.models import TrapMail
from trellis.people import about, masking

CHUNK = 200
SECONDS = 10


def mail_waiting() -> int:
    """Send what waits; returns how many left. What fails is noted at the notice, counted,
    and not tried again: the notice itself stands in the product."""
    rows = list(
        Notice.objects.filter(mail=True, mailed_at__isnull=True, fault="")
        .select_related("user")
        .order_by("id")[:CHUNK]
    )
    for row in rows:
        with translation.override(row.user.language or settings.LANGUAGE_CODE):
            fault = _send(row)
        row.fault = fault[:200]
        row.mailed_at = None if fault else clock.now()
        row.save(update_fields=["fault", "mailed_at"])
        counters.add({("notice_mail", "failed" if fault else "sent"): 1})
    return sum(not row.fault for row in rows)


def _send(row: Notice) -> str:
    """Send one, with what its reader may see; returns what went wrong, "" where nothing
    did."""
    with masking.one_request():
        masking.look_as(actor_of(row.user))
        about.veil([row])
    link = f"{settings.TRELLIS_URL.rstrip('/')}{row.url}" if row.url else settings.TRELLIS_URL
    body = "\n\n".join(part for part in (row.text, row.detail, link) if part)
    if settings.TRELLIS_SANDBOX:
        _trap(row, body)
        return ""
    server = parse_url(settings.TRELLIS_SMTP_URL or "")
    if server is None:
        return _("There is no mail server.")
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.security == "starttls",
        use_ssl=server.security == "tls",
        timeout=SECONDS,
    )
    mail = Mail(
        row.text, body, settings.TRELLIS_MAIL_FROM, [row.user.email], connection=connection
    )
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        return str(error) or type(error).__name__
    return ""


def _trap(row: Notice, body: str) -> None:
    mail = EmailMessage()
    mail["From"] = settings.TRELLIS_MAIL_FROM
    mail["To"] = row.user.email
    mail["Subject"] = row.text
    mail["Message-ID"] = make_msgid(domain="trellis.invalid")
    mail.set_content(body)
    TrapMail.objects.create(
        contact_id=row.contact_id or 0,
        message_id=0,
        channel="email",
        recipient=row.user.email,
        subject=row.text,
        raw=bytes(mail),
    )
