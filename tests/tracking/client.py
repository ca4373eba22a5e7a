"""What tests do with a collector: send bodies, read what became durable."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

import msgspec

from trellis.core.models import Counter
from trellis.events.models import Inbox, Rejected
from trellis.events.types import Fact, decoder
from trellis.web.public.collector import Collector


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


async def call(
    app: Any,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    pieces: int = 1,
    query: str = "",
) -> Response:
    """One ASGI request; ``pieces`` splits the body into that many messages."""
    size = max(1, -(-len(body) // pieces))
    parts = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "client": ("203.0.113.7", 40000),
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
    }
    await app(scope, receive, send)
    head = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return Response(sent[0]["status"], head, b"".join(m.get("body", b"") for m in sent[1:]))


class Client:
    """Sends to a collector with a write key."""

    def __init__(self, app: Collector, runner: asyncio.Runner, token: str) -> None:
        self.app = app
        self.runner = runner
        self.token = token

    @property
    def basic(self) -> dict[str, str]:
        """The Authorization header of the write key."""
        return {
            "Authorization": "Basic " + base64.b64encode(f"{self.token}:".encode()).decode()
        }

    def post(
        self,
        path: str,
        body: Any,
        *,
        packed: bool = False,
        headers: dict[str, str] | None = None,
        pieces: int = 1,
    ) -> Response:
        """POST ``body`` (bytes as they are, anything else as JSON) with the write key."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        head = self.basic if headers is None else dict(headers)
        if packed:
            data, head["Content-Encoding"] = gzip.compress(data), "gzip"
        return self.runner.run(call(self.app, "POST", path, data, head, pieces))

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, query: str = ""
    ) -> Response:
        """Any other request."""
        return self.runner.run(call(self.app, method, path, b"", headers, query=query))

    def refresh(self) -> None:
        """Have the collector read its keys again."""
        assert self.app._keys is not None, "it is open"
        self.runner.run(self.app._keys.look_again())


def facts() -> list[Fact]:
    """The facts in the inbox, in the order they were put."""
    rows = Inbox.objects.order_by("id")
    return [fact for row in rows for fact in decoder.decode(bytes(row.facts))]


def refused() -> list[tuple[str, bytes]]:
    """The kept refused items: reason and body."""
    return [(row.reason, bytes(row.body)) for row in Rejected.objects.order_by("id")]


def counted(name: str) -> dict[str, int]:
    """What was counted under ``name``, by reason."""
    found: dict[str, int] = {}
    for row in Counter.objects.filter(name=name):
        found[row.reason] = found.get(row.reason, 0) + row.n
    return found
