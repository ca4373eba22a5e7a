"""The collector behind its real server, for clients that bring their own HTTP."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from trellis.config.asgi import Gateway
from trellis.web.public.collector import Collector


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # uvicorn names socket.socket
        await super().startup(sockets)  # type: ignore[arg-type]  # as above
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A thread takes no signals."""
        yield


async def _nothing(scope: object, receive: object, send: object) -> None:
    raise AssertionError("only the collector is served")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A running collector; yields its address, ends it cleanly."""
    app = Gateway([Collector(folder)], _nothing)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="on", log_level="error")
    server = _Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(20), "the server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
