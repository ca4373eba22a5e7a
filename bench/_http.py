"""The two sides of an HTTP benchmark, each a process: `python -m bench._http SIDE …`.

The load is a plain epoll loop over keep-alive connections with prepared requests, so that
it costs the machine as little as a client can.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import sys
import time
from pathlib import Path

END = b"\r\n\r\n"


async def bare(scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def]
    """The limit: read the body, answer success, do nothing else."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"16")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success":true}'})


def serve(kind: str, port: int) -> None:
    """Run the bare app, or the collector before it, as ``trellis web`` does."""
    import uvicorn

    fronts = []
    if kind == "collector":
        import django

        django.setup()
        from trellis.web.public.collector import Collector

        fronts.append(Collector())
    from trellis.config.asgi import Gateway

    config = uvicorn.Config(
        Gateway(fronts, bare),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run()


def load(port: int, file: Path, connections: int, seconds: float) -> None:
    """Send the prepared requests of ``file`` in turn; print a JSON line of what came back."""
    requests = [bytes.fromhex(line) for line in file.read_text().splitlines()]
    turn = itertools.cycle(requests)
    poll = selectors.DefaultSelector()
    for _ in range(connections):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(link, selectors.EVENT_READ, time.perf_counter())
        link.sendall(next(turn))
    answered = failed = 0
    waits: list[float] = []
    begun = time.perf_counter()
    until = begun + seconds
    open_links = connections
    while open_links:
        for key, _ in poll.select():
            data = key.fileobj.recv(65_536)
            if (data.startswith(b"HTTP/") and not data.startswith(b"HTTP/1.1 200")) or not data:
                failed += 1
            if data and not data.endswith(b'"success":true}'):
                continue
            now = time.perf_counter()
            answered += 1
            waits.append(now - key.data)
            if now >= until:
                poll.unregister(key.fileobj)
                open_links -= 1
                continue
            poll.modify(key.fileobj, selectors.EVENT_READ, now)
            key.fileobj.sendall(next(turn))
    waits.sort()
    took = time.perf_counter() - begun
    p95 = waits[int(len(waits) * 0.95)] if waits else 0.0
    print(json.dumps({"answered": answered, "failed": failed, "seconds": took, "p95": p95}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        load(int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
