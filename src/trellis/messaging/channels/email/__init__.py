"""Email over SMTP (``TRELLIS_SMTP_URL``)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from trellis.messaging.channels.email.smtp import SmtpTransport, parse_url
from trellis.messaging.content.mime import address_is_valid
from trellis.messaging.types import Channel, Transport


def _open() -> Transport:
    hello = urlsplit(settings.TRELLIS_URL).hostname or ""
    return SmtpTransport(parse_url(settings.TRELLIS_SMTP_URL, hello))


CHANNEL = Channel(
    kind="email", label="Email", address="email", valid=address_is_valid, open=_open
)
