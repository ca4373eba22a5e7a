"""Static files as an ASGI app in front of Django, which can only stream them badly there.

WhiteNoise knows the files, their types, caching and conditional requests; this hands its
answers to the event loop and reads the files on threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_NOT_FOUND = (
    404,
    [(b"content-type", b"text/plain; charset=utf-8")],
    b"There is no such file.\n",
)


class Assets:
    """Everything below ``STATIC_URL``."""

    def __init__(self) -> None:
        self._known: WhiteNoiseMiddleware | None = None

    def serves(self, path: str) -> bool:
        """Whether this is the address of a static file."""
        return path.startswith(settings.STATIC_URL)

    async def open(self) -> None:
        """Find out which files there are."""
        self._known = await asyncio.to_thread(WhiteNoiseMiddleware, _nobody)

    async def close(self) -> None:
        """Forget the files."""
        self._known = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a file."""
        status, headers, body = await asyncio.to_thread(self._answer, scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
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
        return int(found.status), headers, _read(found.file)


def _read(file: IO[bytes] | None) -> bytes:
    if file is None:
        return b""
    with file:
        return file.read()


def _nobody(_request: Any) -> HttpResponse:
    return HttpResponse(status=404)
