"""A client that never loses an event: it repeats a call until it is answered."""

from __future__ import annotations

import base64
import http.client
import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from tests.crash.company import EVENT

PEOPLE = 120
PACE = 0.03
"""Seconds between calls of one client."""


class Client(threading.Thread):
    """Sends single events and batches until told to stop; knows what was acknowledged."""

    def __init__(self, name: str, port: int, token: str) -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged: list[str] = []
        self.seen: Counter[int] = Counter()
        self.repeated = 0
        self.refused: list[str] = []
        self.last = ""
        self._port = port
        self._key = base64.b64encode(f"{token}:".encode()).decode()
        self._rng = random.Random(name)
        self._enough = threading.Event()
        self._number = 0
        self._line: http.client.HTTPConnection | None = None

    def finish(self) -> None:
        """Send what was begun, and end."""
        self._enough.set()

    def run(self) -> None:
        """Introduce everybody, then look at prices."""
        for person in range(PEOPLE):
            who = {"email": f"p{person}@example.com"}
            self._send("/v1/identify", [self._call(person, type="identify", traits=who)])
        while not self._enough.wait(PACE):
            many = self._rng.choice([1, 1, 1, 5, 20])
            people = [self._rng.randrange(PEOPLE) for _ in range(many)]
            calls = [self._call(person, type="track", event=EVENT) for person in people]
            self._send("/v1/track" if many == 1 else "/v1/batch", calls)
            self.seen.update(people)
        if self._line is not None:
            self._line.close()

    def _call(self, person: int, **fields: Any) -> dict[str, Any]:
        self._number += 1
        call = {"messageId": f"{self.name}-{self._number}", "userId": f"u{person}", **fields}
        if self._number % 2:
            call["timestamp"] = datetime.now(UTC).isoformat()
        return call

    def _send(self, path: str, calls: list[dict[str, Any]]) -> None:
        body = json.dumps(calls[0] if path != "/v1/batch" else {"batch": calls}).encode()
        while True:
            status, said = self._post(path, body)
            if status == 200:
                break
            if 400 <= status < 500:
                self.refused.append(said)
                return
            self.repeated += 1
            self.last = f"{path} {status} {said[:300]}"
            threading.Event().wait(0.05)
        self.acknowledged += [str(call["messageId"]) for call in calls]

    def _post(self, path: str, body: bytes) -> tuple[int, str]:
        """The status of one try; 0 where the connection broke before an answer."""
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            headers = {
                "Authorization": f"Basic {self._key}",
                "Content-Type": "application/json",
            }
            self._line.request("POST", path, body, headers)
            answer = self._line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            if self._line is not None:
                self._line.close()
            self._line = None
            return 0, ""
