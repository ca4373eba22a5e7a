"""The wire: what answers mean, and pipelined commands against a server that refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.messaging.channels.email.answers import Phase, meaning
from trellis.messaging.channels.email.smtp import Server, SmtpTransport, parse_url
from trellis.messaging.types import Outcome, Parcel

RAW = b"Subject: Hello\r\n\r\nHello\r\n.\r\n..end\r\n"


@pytest.mark.parametrize(
    ("phase", "code", "text", "kind", "reason", "bad"),
    [
        ("greeting", 554, "no service", "configuration", "login_refused", False),
        ("login", 535, "5.7.8 bad password", "configuration", "login_refused", False),
        ("login", 454, "4.7.0 later", "transient", "login_deferred", False),
        ("sender", 550, "5.7.1 not yours", "configuration", "sender_refused", False),
        ("sender", 451, "4.3.0 later", "transient", "sender_deferred", False),
        ("sender", 421, "4.7.0 closing", "transient", "connection_closing", False),
        ("recipient", 550, "5.1.1 no such user", "permanent", "recipient_refused", True),
        ("recipient", 550, "no such user", "permanent", "recipient_refused", True),
        ("recipient", 550, "5.7.1 policy", "permanent", "recipient_refused", False),
        ("recipient", 552, "5.2.2 mailbox full", "permanent", "recipient_refused", False),
        (
            "recipient",
            554,
            "5.7.1 Relay access denied",
            "configuration",
            "relay_refused",
            False,
        ),
        ("recipient", 530, "5.7.0 log in first", "configuration", "login_refused", False),
        ("recipient", 450, "4.2.0 greylisted", "transient", "recipient_deferred", False),
        ("data", 554, "5.7.1 spam", "permanent", "content_refused", False),
        ("data", 452, "4.3.1 disk full", "transient", "data_deferred", False),
    ],
)
def test_an_answer_has_one_meaning(
    phase: Phase, code: int, text: str, kind: str, reason: str, bad: bool
) -> None:
    found = meaning(phase, code, text)
    assert (found.kind, found.reason, found.bad_address) == (kind, reason, bad)
    assert found.detail == f"{code} {text}"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server(host="mail.example", port=25)),
        ("smtp://mail.example:2525", Server(host="mail.example", port=2525)),
        (
            "smtp+starttls://me%40x.example:p%2Fw@mail.example",
            Server(
                host="mail.example",
                port=587,
                security="starttls",
                user="me@x.example",
                password="p/w",
            ),
        ),
        ("smtps://mail.example", Server(host="mail.example", port=465, security="tls")),
        ("", None),
    ],
)
def test_the_server_is_read_from_its_url(url: str, server: Server | None) -> None:
    assert parse_url(url) == server


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_a_url_of_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        parse_url(url)


class Pipelined:
    """A server that offers pipelining and refuses whom it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.refused = b"nobody@"
        self.reads: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        with connection:
            self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        held, content = b"", None
        while data := connection.recv(65536):
            self.reads.append(data)
            held += data
            while b"\r\n" in held:
                if content is not None:
                    text, found, held = (
                        held.partition(b"\r\n.\r\n") if held != b".\r\n" else (b"", b".", b"")
                    )
                    assert found
                    if text:
                        self.taken.append(text + b"\r\n")
                    content = None
                    connection.sendall(b"250 taken\r\n" if text else b"554 no recipients\r\n")
                    continue
                line, _, held = held.partition(b"\r\n")
                if line.upper().startswith(b"EHLO"):
                    connection.sendall(b"250-me\r\n250 PIPELINING\r\n")
                elif line.startswith(b"RCPT") and self.refused in line:
                    connection.sendall(b"550 5.1.1 no such user\r\n")
                elif line == b"DATA":
                    content = b""
                    connection.sendall(b"354 go on\r\n")
                else:
                    connection.sendall(b"250 ok\r\n")


@pytest.fixture
def server() -> Iterator[Pipelined]:
    found = Pipelined()
    yield found
    found.socket.close()


def parcel(number: int, recipient: str) -> Parcel:
    return Parcel(
        contact_id=number,
        message_id=number,
        sender="school@example.org",
        recipient=recipient,
        subject="Hello",
        raw=RAW,
    )


@pytest.fixture
def send(server: Pipelined) -> Iterator[Callable[..., list[Outcome]]]:
    transport = SmtpTransport(
        Server(host="127.0.0.1", port=server.port, hello="trellis.example")
    )

    def hand_over(*recipients: str, seconds: int = 60) -> list[Outcome]:
        return transport.hand_over(
            [parcel(number, recipient) for number, recipient in enumerate(recipients)],
            clock.wall() + timedelta(seconds=seconds),
        )

    yield hand_over
    transport.close()


def test_commands_are_pipelined_and_lines_of_dots_survive(
    server: Pipelined, send: Callable[..., list[Outcome]]
) -> None:
    [outcome] = send("ann@example.com")
    assert (outcome.kind, outcome.detail) == ("sent", "250 taken")
    assert server.taken == [b"Subject: Hello\r\n\r\nHello\r\n..\r\n...end\r\n"]
    assert server.reads[0] == b"ehlo trellis.example\r\n"
    assert (
        b"MAIL FROM:<school@example.org>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n"
        in server.reads
    )


def test_a_refused_recipient_in_a_pipeline_sends_nothing_and_spoils_nothing(
    server: Pipelined, send: Callable[..., list[Outcome]]
) -> None:
    [first] = send("nobody@example.com")
    [second] = send("ann@example.com")
    assert (first.kind, first.reason, first.bad_address) == (
        "permanent",
        "recipient_refused",
        True,
    )
    assert second.kind == "sent"
    assert len(server.taken) == 1


def test_an_address_with_letters_the_server_cannot_take_fails_alone(
    server: Pipelined, send: Callable[..., list[Outcome]]
) -> None:
    outcomes = send("анна@example.com", "ann@example.com")
    assert [outcome.kind for outcome in outcomes] == ["permanent", "sent"]


def test_nothing_is_begun_after_the_deadline(
    server: Pipelined, send: Callable[..., list[Outcome]]
) -> None:
    assert [outcome.kind for outcome in send("ann@example.com", seconds=-1)] == ["untried"]
    assert server.taken == []
