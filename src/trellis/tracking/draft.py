"""An item on its way to become a fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trellis.tracking.types import NO_STAMP, Arrival, Call, Note, Reason


class Draft:
    """An item on its way to become a fact; the fields are those of ``Fact``."""

    __slots__ = (
        "arrival",
        "at",
        "call",
        "came_by",
        "consent",
        "context",
        "ids",
        "message_id",
        "name",
        "notes",
        "origin",
        "previous",
        "props",
        "raw",
        "sent",
        "stamp",
        "traits",
        "type",
    )

    def __init__(
        self, raw: bytes, arrival: Arrival, sent: Any, context: dict[str, Any]
    ) -> None:
        self.raw = raw
        self.arrival = arrival
        self.sent = sent
        self.context = context
        self.call: Call = _NOTHING
        self.notes: list[Note] = []
        self.origin = arrival.origin
        self.type = self.name = self.message_id = ""
        self.at = arrival.received
        self.stamp = NO_STAMP
        self.ids: tuple[tuple[str, str], ...] = ()
        self.previous: tuple[str, str] | None = None
        self.came_by: tuple[int, int] | None = None
        self.traits: dict[str, Any] = {}
        self.props: dict[str, Any] = {}
        self.consent: tuple[dict[str, Any], ...] = ()


_NOTHING = Call()
Step = Callable[[Draft], Reason | None]
