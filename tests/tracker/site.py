"""A website with the tracker in it, and a collector that only remembers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Page
from typing_extensions import override

from trellis.tracking.options import Options
from trellis.web.public import script

PAGE = """<!doctype html><title>{title}</title>
<script>{before}</script>
<script async src="{host}/t.js?key=wk_test" {attributes}></script>
<body>{body}</body>"""


class Site:
    """Pages on one origin, the collector on another; what was sent, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.envelopes: list[dict[str, Any]] = []
        self.status = 200
        self.attributes = ""
        self.body = ""
        self.before = ""
        self.options = Options(off=("time", "returns", "forms"))
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        self.host = f"http://localhost:{port}"

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def html(self, path: str) -> bytes:
        """Any path is a page with the tracker."""
        page = PAGE.format(
            title=f"Page {path.partition('?')[0]}",
            host=self.host,
            before=self.before,
            attributes=self.attributes,
            body=self.body,
        )
        return page.encode()

    def take(self, body: bytes) -> int:
        """Remember a batch, unless the collector is down; returns the HTTP status."""
        with self._arrived:
            if self.status == 200:
                envelope = json.loads(body)
                self.envelopes.append(envelope)
                self.messages.extend(envelope["batch"])
            self._arrived.notify_all()
            return self.status

    def said(self) -> list[tuple[str, Any]]:
        """What was sent: (type, event or path)."""
        return [
            (m["type"], m.get("event") or m["context"]["page"]["path"]) for m in self.messages
        ]

    def expect(
        self,
        page: Page,
        act: Callable[[], object],
        *,
        expected: list[tuple[str, Any]],
        refuted: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Do something; exactly ``expected`` must be sent, and no type of ``refuted``.

        Ends with a message of its own, so that nothing is missed and nobody sleeps.
        """
        begin = len(self.messages)
        act()
        page.evaluate("window.trellis.track && window.trellis.track('End of Test')")
        self._until(lambda: any(m.get("event") == "End of Test" for m in self.messages[begin:]))
        new = [m for m in self.messages[begin:] if m.get("event") != "End of Test"]
        assert [said for said in self.said()[begin:] if said[1] != "End of Test"] == expected
        assert not [m["type"] for m in new if m["type"] in (refuted or [])]
        return new

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until that many messages came."""
        self._until(lambda: len(self.messages) >= count)
        return self.messages

    def wait_until(self, said: tuple[str, Any]) -> None:
        """Wait until that message came."""
        self._until(lambda: said in self.said())

    def _until(self, holds: Callable[[], bool]) -> None:
        with self._arrived:
            assert self._arrived.wait_for(holds, timeout=15), f"only came: {self.said()}"

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # the handler has its own self
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/t.js?key=wk_test":
                    found = script.answer({"headers": []}, site.options)
                    self._answer(200, "text/javascript", bytes(found.body["body"]))
                elif self.path.startswith(("/favicon.ico", "/files/")):
                    self._answer(204, "image/png", b"")
                else:
                    self._answer(200, "text/html; charset=utf-8", site.html(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = site.take(body)
                self._answer(status, "application/json", b"{}")

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, *args: Any) -> None:
                """Stay quiet."""

        return Handler
