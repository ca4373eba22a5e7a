"""How sign-in behaves: accounts are made by an administrator, never by strangers, and mail
about them goes the way of every other mail."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import get_connection
from django.http import HttpRequest
from typing_extensions import override

from trellis.messaging.channels.email.smtp import parse_url

log = logging.getLogger(__name__)
SECONDS = 10
"""How long somebody waits for a mail server that does not answer."""


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes sign-up; the first administrator is made at first start."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    @override
    def get_from_email(self) -> str:
        """The sender of every mail that names no other."""
        return str(settings.TRELLIS_MAIL_FROM)

    @override
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send through the mail server of messages; where there is none, or it fails, only
        the log says so, because the page must not tell strangers who has an account."""
        if settings.TRELLIS_SANDBOX or not settings.TRELLIS_SMTP_URL:
            log.warning("no mail about an account was sent: there is no mail server")
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("a mail about an account was not sent: %s", error)

    @override
    def render_mail(self, *args: Any, **kwargs: Any) -> Any:
        """The mail, bound to the server of messages."""
        mail = super().render_mail(*args, **kwargs)
        server = parse_url(settings.TRELLIS_SMTP_URL)
        if server is not None:
            mail.connection = get_connection(
                "django.core.mail.backends.smtp.EmailBackend",
                host=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.security == "starttls",
                use_ssl=server.security == "tls",
                timeout=SECONDS,
            )
        return mail
