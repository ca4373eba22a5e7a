"""The little HTTP that bare ASGI apps need: bodies with limits, prepared answers."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

CORS: tuple[Header, ...] = ((b"access-control-allow-origin", b"*"),)
"""Any page may send: the write key says for whom."""


class BodyTooLarge(Exception):
    """The body, packed or unpacked, is larger than the limit."""


class BadEncoding(Exception):
    """The body is packed in a way that is not read, or damaged."""


class Gone(Exception):
    """The client went away before its body was complete."""


class Answer:
    """An answer made once and sent many times."""

    def __init__(self, status: int, body: bytes, headers: tuple[Header, ...] = ()) -> None:
        self.status = status
        self.start: Message = {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", str(len(body)).encode()), *headers],
        }
        self.body: Message = {"type": "http.response.body", "body": body}

    async def send(self, send: Send) -> None:
        """Send it."""
        await send(self.start)
        await send(self.body)


def json_answer(status: int, value: object, *headers: Header) -> Answer:
    """A JSON answer that any page may read."""
    kind = (b"content-type", b"application/json")
    return Answer(status, msgspec.json.encode(value), (kind, *CORS, *headers))


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises ``BodyTooLarge`` above ``limit`` bytes, and ``Gone``."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit:
            raise BodyTooLarge
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise Gone
    if len(body) > limit:
        raise BodyTooLarge
    return body


def unpack(body: bytes, encoding: bytes, limit: int) -> bytes:
    """Undo gzip or deflate; never makes more than ``limit`` bytes out of a small body.

    Raises ``BodyTooLarge`` or ``BadEncoding``.
    """
    bits = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}.get(encoding.strip().lower())
    if bits is None:
        raise BadEncoding
    unpacker = zlib.decompressobj(bits)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadEncoding from error
    if len(found) > limit:
        raise BodyTooLarge
    if not unpacker.eof:
        raise BadEncoding
    return found
