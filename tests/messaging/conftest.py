"""A small cast for messages, and a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from trellis.messaging import deliver, outbox
from trellis.messaging.models import Template, TemplateVersion
from trellis.messaging.types import SendRequest
from trellis.people.models import Consent, Contact

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
"""A Wednesday noon in most of the zones the tests use."""
SLOTS = range(64)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def template(db: None) -> Callable[..., TemplateVersion]:
    """Makes a template with one version."""

    def make(key: str = "hello", purpose: str = "marketing", **variant: str) -> TemplateVersion:
        variant = {"subject": "Hello", "html": "<p>Hello</p>"} | variant
        row = Template.objects.create(key=key, name=key, purpose=purpose, version=1)
        return TemplateVersion.objects.create(template=row, number=1, variants={"": variant})

    return make


@pytest.fixture
def contact(db: None) -> Callable[..., int]:
    """Makes a contact who consented to marketing by email, unless told otherwise."""

    def make(
        email: str = "ann@example.com", *, consent: bool | None = True, **fields: Any
    ) -> int:
        row = Contact.objects.create(email=email, known=True, **fields)
        if consent is not None:
            Consent.objects.create(
                contact_id=row.contact_id,
                consent_id=row.contact_id,
                purpose="marketing",
                channel="email",
                given=consent,
                at=NOW - timedelta(days=30),
                source="form",
            )
        return row.contact_id

    return make


@pytest.fixture
def ask() -> Callable[..., int]:
    """Asks to send a version to a contact, due now."""

    def make(
        contact_id: int, version: TemplateVersion, cause: str = "test-1", **fields: Any
    ) -> int:
        values: dict[str, Any] = {
            "contact_id": contact_id,
            "cause": cause,
            "template_version_id": version.id,
            "channel": "email",
            "purpose": version.template.purpose,
            "wake_at": NOW,
        }
        return outbox.request([SendRequest(**(values | fields))], NOW)

    return make


class Mailbox:
    """What the SMTP server got, and how it shall answer (method → reply)."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.cut_after_data = False

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if answer := self.answers.get(address) or self.answers.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        if self.cut_after_data:
            assert server.transport is not None
            server.transport.abort()
        return self.answers.get("DATA", "250 queued")

    def sizes(self) -> dict[str, int]:
        """How often each recipient got something."""
        counts: dict[str, int] = {}
        for envelope in self.envelopes:
            for recipient in envelope.rcpt_tos:
                counts[recipient] = counts.get(recipient, 0) + 1
        return counts


@pytest.fixture
def smtp(settings: Any) -> Iterator[Mailbox]:
    """A running SMTP server that Trellis is configured to use, out of the sandbox."""
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings.TRELLIS_SANDBOX = False
    settings.TRELLIS_SMTP_URL = f"smtp://127.0.0.1:{port}"
    settings.TRELLIS_URL = "https://trellis.example"
    yield mailbox
    deliver.close()
    controller.stop()
