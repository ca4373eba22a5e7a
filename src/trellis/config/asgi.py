"""The ASGI entry point: bare ASGI apps for the hot public paths in front, Django behind.

A front app has ``serves(path) -> bool``, is called as an ASGI app for those paths, and is
opened and closed with the process.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from django.core.asgi import get_asgi_application

from trellis.core import machine

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trellis.config.settings")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Front(Protocol):
    """A hot path in front of Django."""

    def serves(self, path: str) -> bool:
        """Whether requests for ``path`` are its own."""
        ...

    async def open(self) -> None:
        """Get ready; called once, before the first request."""
        ...

    async def close(self) -> None:
        """Finish what was accepted; called once, after the last request."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...


class Gateway:
    """Hands each request to the first front that serves its path, else to the pages."""

    def __init__(self, fronts: Sequence[Front], pages: Any) -> None:
        self._fronts = fronts
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        for front in self._fronts:
            if front.serves(scope["path"]):
                await front(scope, receive, send)
                return
        await self._pages(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the fronts when the process starts, close them when it stops."""
        await receive()
        for front in self._fronts:
            await front.open()
        machine.settle_memory()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for front in reversed(self._fronts):
            await front.close()
        await send({"type": "lifespan.shutdown.complete"})


pages = get_asgi_application()

from trellis.web.public.assets import Assets  # noqa: E402  # Django must be set up
from trellis.web.public.collector import Collector  # noqa: E402

application = Gateway([Collector(), Assets()], pages)
