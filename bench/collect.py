"""Durable collection over HTTP: single events and batches, beside a bare ASGI server.

Both run under the same server with the same load; the collector parses, commits to a
PostgreSQL with fsync on, and answers after that.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.base import Result, free_port, instance

TOKEN = "wk_bench"
BATCH = 100
REQUESTS = 2_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"


def run(small: bool) -> list[Result]:
    """Measure single events and batches of 100."""
    seconds = 2.0 if small else 10.0
    with instance() as root, tempfile.TemporaryDirectory() as folder:
        _make_key()
        results = []
        for name, path, size, connections in (
            ("collect: single events", "/v1/track", 1, 128),
            ("collect: batches of 100", "/v1/batch", BATCH, 16),
        ):
            file = Path(folder) / f"{size}.hex"
            file.write_text("\n".join(_request(path, size, i).hex() for i in range(REQUESTS)))
            limit = _measure("bare", file, connections, seconds) * size
            before = _stored()
            figure = _measure("collector", file, connections, seconds) * size
            stored = _stored() - before
            results.append(
                Result(
                    name=name,
                    figure=figure,
                    unit="events/s",
                    limit=limit,
                    ratio=figure / limit,
                    events=stored,
                )
            )
        assert not list((root / "data" / "spool").glob("*.spool")), "nothing was spooled"
    return results


def _measure(kind: str, file: Path, connections: int, seconds: float) -> float:
    with _server(kind) as port:
        command = [sys.executable, "-m", "bench._http", "load", str(port), str(file)]
        for duration in (1.0, seconds):
            done = subprocess.run(
                [*command, str(connections), str(duration)],
                check=True,
                capture_output=True,
                text=True,
            )
        found = json.loads(done.stdout)
    assert not found["failed"], f"{kind}: {found}"
    print(f"  {kind}: {found}", file=sys.stderr)
    return float(found["answered"] / found["seconds"])


@contextlib.contextmanager
def _server(kind: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench._http", "serve", kind, str(port)])
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not start")


def _make_key() -> None:
    from trellis.accounts.models import Key, KeyKind
    from trellis.core.ids import token_hash

    Key.objects.create(
        kind=KeyKind.WRITE,
        name="Bench",
        token=TOKEN,
        prefix=TOKEN[:8],
        token_hash=token_hash(TOKEN),
    )


def _stored() -> int:
    from django.db.models import Sum

    from trellis.events.models import Inbox

    return Inbox.objects.aggregate(n=Sum("n"))["n"] or 0


def _event(i: int) -> dict[str, object]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"bench-{os.getpid()}-{i}",
        "anonymousId": f"device-{i % 5000}",
        "timestamp": "2026-11-23T12:00:00.123Z",
        "properties": {"sku": f"cake-{i % 50}", "price": 19.9, "category": "cakes"},
        "context": {
            "library": {"name": "analytics.js", "version": "2.1.0"},
            "page": {
                "url": f"https://pastry.example/cakes/{i % 50}?utm_source=mail",
                "path": f"/cakes/{i % 50}",
                "referrer": "https://search.example/",
                "title": "Cakes",
            },
            "userAgent": AGENT,
            "locale": "en-GB",
        },
    }


def _request(path: str, size: int, i: int) -> bytes:
    sent = "2026-11-23T12:00:01.123Z"
    if size == 1:
        body = json.dumps({**_event(i), "sentAt": sent, "writeKey": TOKEN})
    else:
        events = [_event(i * size + n) for n in range(size)]
        body = json.dumps({"batch": events, "sentAt": sent, "writeKey": TOKEN})
    data = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Write-Key: {TOKEN}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data
