"""Static files as an ASGI app in front of Django, which can only stream them badly there.

WhiteNoise knows the files, their types, caching and conditional requests; this hands its
answers to the event loop and reads the files on threads.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

import brotli
from django.conf import settings
from django.http import HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
PACKED = (b"text/", b"application/json", b"image/svg+xml", b"application/javascript")
"""Types that become much smaller; the rest is packed already."""
SMALL = 1_000
"""Bytes below which packing does not pay."""
_NOT_FOUND: tuple[int, Headers, bytes] = (
    404,
    [(b"content-type", b"text/plain; charset=utf-8")],
    b"There is no such file.\n",
)


class Assets:
    """Everything below ``STATIC_URL``."""

    def __init__(self) -> None:
        self._known: WhiteNoiseMiddleware | None = None
        self._packed: dict[tuple[str, str, bytes], bytes] = {}
        self._guard = threading.Lock()

    def serves(self, path: str) -> bool:
        """Whether this is the address of a static file."""
        return path.startswith(settings.STATIC_URL)

    async def open(self) -> None:
        """Find out which files there are."""
        self._known = await asyncio.to_thread(WhiteNoiseMiddleware, _nobody)

    async def close(self) -> None:
        """Forget the files."""
        self._known = None
        self._packed.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a file."""
        status, headers, body = await asyncio.to_thread(self._answer, scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> tuple[int, Headers, bytes]:
        assert self._known is not None, "opened before the first request"
        path: str = scope["path"]
        if self._known.autorefresh:
            file = self._known.find_file(path)
        else:
            file = self._known.files.get(path)
        if file is None:
            return _NOT_FOUND
        environ = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        found = file.get_response(scope["method"], environ)
        headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in found.headers]
        body = _read(found.file)
        if int(found.status) == 200 and len(body) >= SMALL:
            return 200, *self._pack(
                path, headers, body, environ.get("HTTP_ACCEPT_ENCODING", "")
            )
        return int(found.status), headers, body

    def _pack(
        self, path: str, headers: Headers, body: bytes, wanted: str
    ) -> tuple[Headers, bytes]:
        """Make text smaller, as the browser allows; each file once per encoding."""
        facts = dict(headers)
        if (
            not facts.get(b"content-type", b"").startswith(PACKED)
            or b"content-encoding" in facts
        ):
            return headers, body
        offered = {item.partition(";")[0].strip() for item in wanted.split(",")}
        encoding = next((name for name in _PACKERS if name in offered), "")
        kept = [item for item in headers if item[0] != b"vary"]
        kept.append((b"vary", b"accept-encoding"))
        if not encoding:
            return kept, body
        key = (path, encoding, facts.get(b"last-modified", b""))
        with self._guard:
            if key not in self._packed:
                self._packed[key] = _PACKERS[encoding](body)
        packed = self._packed[key]
        kept = [item for item in kept if item[0] != b"content-length"]
        size = str(len(packed)).encode()
        return [
            *kept,
            (b"content-encoding", encoding.encode()),
            (b"content-length", size),
        ], packed


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: bytes(brotli.compress(body, quality=6)),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
"""Content encoding → what packs, the best first."""


def _read(file: IO[bytes] | None) -> bytes:
    if file is None:
        return b""
    with file:
        return file.read()


def _nobody(_request: Any) -> HttpResponse:
    return HttpResponse(status=404)
