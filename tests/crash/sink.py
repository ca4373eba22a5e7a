"""A mail server that counts what it accepted, by Message-ID."""

from __future__ import annotations

import email
import logging
from collections import Counter
from typing import Any

from aiosmtpd.controller import Controller

from trellis.core import machine

logging.getLogger("mail.log").setLevel(logging.WARNING)


class Sink:
    """Listens on loopback; ``accepted`` counts each message it answered 250 for."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self._server = Controller(self, hostname="127.0.0.1", port=machine.free_port())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Sink:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content)
        self.accepted[str(message["Message-ID"]).strip()] += 1
        return "250 Accepted"
