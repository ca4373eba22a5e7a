"""SMTP over persistent connections, several at a time.

A connection carries many messages. Commands are pipelined where the server offers it (RFC
2920), which saves two round trips a message. After the content is given, a lost answer is
``unknown``; before that, nothing was sent.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from urllib.parse import unquote, urlsplit

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.messaging.channels.email.answers import meaning
from trellis.messaging.types import Outcome, Parcel

CONNECTIONS = 4
TIMEOUT = 30.0
"""Seconds without an answer after which a connection counts as lost."""

STALE = {"connection_lost", "connection_closing"}
"""Reasons that tell of the connection, not of the message, before any content was given."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where mail is handed over; ``security`` is none, starttls or tls. ``hello`` is the name
    this instance greets with; empty: what the machine calls itself, which may take a look-up."""

    host: str
    port: int
    security: str = "none"
    user: str = ""
    password: str = ""
    hello: str = ""


_SCHEMES = {"smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}


def parse_url(url: str, hello: str = "") -> Server | None:
    """The server of ``TRELLIS_SMTP_URL``; None where it is empty; raises ``InvalidInput``."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise InvalidInput(
            "TRELLIS_SMTP_URL must look like smtp://host:port, smtp+starttls:// or smtps://."
        )
    security, port = _SCHEMES[parts.scheme]
    return Server(
        host=parts.hostname,
        port=parts.port or port,
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        hello=hello,
    )


class Refused(Exception):
    """The server answered with an error; carries the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.detail)


class SmtpTransport:
    """Hands parcels to one server over up to ``CONNECTIONS`` connections."""

    def __init__(self, server: Server | None) -> None:
        self._server = server
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="smtp")
        self._local = threading.local()
        self._open: list[smtplib.SMTP] = []
        self._guard = threading.Lock()

    def hand_over(self, parcels: Sequence[Parcel], deadline: datetime) -> list[Outcome]:
        """See ``Transport``. When the server cannot be reached or refuses the login, the
        rest of the batch shares that outcome without another try."""
        if self._server is None:
            missing = Outcome(
                kind="configuration",
                reason="no_mail_server",
                detail="TRELLIS_SMTP_URL is not set.",
            )
            return [missing] * len(parcels)
        work: SimpleQueue[int] = SimpleQueue()
        for number in range(len(parcels)):
            work.put(number)
        outcomes: list[Outcome | None] = [None] * len(parcels)
        batch = _Batch(parcels=parcels, work=work, outcomes=outcomes, deadline=deadline)
        crews = [
            self._pool.submit(self._work, self._server, batch)
            for _ in range(min(CONNECTIONS, len(parcels)))
        ]
        for crew in crews:
            crew.result()
        untried = Outcome(kind="untried", reason="untried")
        return [outcome or batch.broken or untried for outcome in outcomes]

    def close(self) -> None:
        """Say goodbye on all connections and end the threads."""
        self._pool.shutdown(wait=True)
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    connection.quit()
            self._open.clear()

    def _work(self, server: Server, batch: _Batch) -> None:
        while batch.broken is None and clock.wall() < batch.deadline:
            try:
                number = batch.work.get_nowait()
            except Empty:
                return
            try:
                outcome = self._send(server, batch.parcels[number])
            except Refused as refused:
                batch.broken = refused.outcome
                return
            except Exception as error:  # noqa: BLE001 # it may have gone out: never forget it
                outcome = Outcome(kind="unknown", reason="internal_error", detail=repr(error))
            batch.outcomes[number] = outcome
            if outcome.kind == "configuration":
                batch.broken = outcome

    def _send(self, server: Server, parcel: Parcel) -> Outcome:
        """Send on this thread's connection; raises ``Refused`` where none can be had. A kept
        connection that the server closed meanwhile is replaced once: nothing was given."""
        kept: smtplib.SMTP | None = getattr(self._local, "connection", None)
        if kept is not None:
            outcome = self._try(kept, parcel)
            if outcome.reason not in STALE:
                return outcome
        fresh = connect(server)
        self._local.connection = fresh
        with self._guard:
            self._open.append(fresh)
        return self._try(fresh, parcel)

    def _try(self, connection: smtplib.SMTP, parcel: Parcel) -> Outcome:
        outcome, usable = transfer(connection, parcel)
        if not usable:
            self._drop(connection)
        return outcome

    def _drop(self, connection: smtplib.SMTP) -> None:
        self._local.connection = None
        with self._guard, contextlib.suppress(ValueError):
            self._open.remove(connection)
        connection.close()


@dataclass(kw_only=True)
class _Batch:
    parcels: Sequence[Parcel]
    work: SimpleQueue[int]
    outcomes: list[Outcome | None]
    deadline: datetime
    broken: Outcome | None = None


def connect(server: Server) -> smtplib.SMTP:
    """A greeted, logged-in connection; raises ``Refused`` with the outcome."""
    try:
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=server.hello or None,
                timeout=TIMEOUT,
                context=ssl.create_default_context(),
            )
        else:
            connection = smtplib.SMTP(
                server.host,
                server.port,
                local_hostname=server.hello or None,
                timeout=TIMEOUT,
            )
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        if server.user:
            connection.login(server.user, server.password)
    except smtplib.SMTPResponseException as error:
        raise Refused(meaning("login", error.smtp_code, _words(error.smtp_error))) from error
    except ssl.SSLError as error:
        raise Refused(
            Outcome(kind="configuration", reason="tls_failed", detail=str(error)[:500])
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(
            Outcome(kind="configuration", reason="login_refused", detail=str(error)[:500])
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Refused(
            Outcome(kind="transient", reason="unreachable", detail=str(error)[:500])
        ) from error
    return connection


def transfer(connection: smtplib.SMTP, parcel: Parcel) -> tuple[Outcome, bool]:
    """Give one parcel to the server: the outcome, and whether the connection is usable."""
    given = False
    try:
        _envelope(connection, parcel)
        given = True
        connection.send(_stuffed(parcel.raw))
        code, text = connection.getreply()
    except Refused as refused:
        if refused.outcome.reason in STALE:
            return refused.outcome, False
        return refused.outcome, _reset(connection)
    except (smtplib.SMTPException, OSError) as error:
        if given:
            return Outcome(kind="unknown", reason="answer_lost", detail=str(error)[:500]), False
        return Outcome(
            kind="transient", reason="connection_lost", detail=str(error)[:500]
        ), False
    if code == 250:
        return Outcome(kind="sent", reason="", detail=f"250 {_words(text)}"[:500]), True
    return meaning("data", code, _words(text)), code != 421


def _envelope(connection: smtplib.SMTP, parcel: Parcel) -> None:
    """MAIL, RCPT and DATA; raises ``Refused``. Pipelined where offered."""
    utf8 = not (parcel.recipient.isascii() and parcel.sender.isascii())
    if utf8 and "smtputf8" not in connection.esmtp_features:
        raise Refused(
            Outcome(
                kind="permanent",
                reason="recipient_refused",
                detail="The mail server takes no address with such letters (SMTPUTF8).",
            )
        )
    option = " SMTPUTF8" if utf8 else ""
    commands = (
        f"MAIL FROM:<{parcel.sender}>{option}\r\n",
        f"RCPT TO:<{parcel.recipient}>\r\n",
        "DATA\r\n",
    )
    if "pipelining" in connection.esmtp_features:
        connection.send("".join(commands).encode())
        replies = [connection.getreply() for _ in commands]
    else:
        replies = []
        for command in commands:
            connection.send(command.encode())
            replies.append(connection.getreply())
            if replies[-1][0] >= 400:
                break
    _expect(connection, replies)


def _expect(connection: smtplib.SMTP, replies: Sequence[tuple[int, bytes]]) -> None:
    phases = ("sender", "recipient", "data")
    for phase, (code, text) in zip(phases, replies, strict=False):
        if code < 400:
            continue
        if len(replies) == 3 and replies[2][0] == 354:
            # Pipelined: the server waits for content although it refused; end it empty.
            connection.send(b".\r\n")
            connection.getreply()
        raise Refused(meaning(phase, code, _words(text)))  # type: ignore[arg-type] # literals of phases


def _reset(connection: smtplib.SMTP) -> bool:
    try:
        return connection.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _stuffed(raw: bytes) -> bytes:
    """The content with leading dots doubled and its end mark (RFC 5321, 4.5.2)."""
    if b"\r\n." in raw:
        raw = raw.replace(b"\r\n.", b"\r\n..")
    return raw + b".\r\n"


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
