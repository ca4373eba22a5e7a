"""Facts for tests, stated in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from trellis.events import inbox
from trellis.events.types import IDENTIFY, PAGE, STANDARD_NAMES, TRACK, Fact
from trellis.pipeline import advance

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
T = NOW.timestamp()
_numbers = count(1)


def fact(name: str, *ids: tuple[str, str], at: float = T, **more: Any) -> Fact:
    """A track call."""
    more.setdefault("message_id", f"m{next(_numbers)}")
    return Fact(type=TRACK, name=name, at=at, ids=ids, **more)


def page(path: str, *ids: tuple[str, str], at: float = T, **props: Any) -> Fact:
    """A page view."""
    return Fact(
        message_id=f"m{next(_numbers)}",
        type=PAGE,
        name=STANDARD_NAMES[PAGE],
        at=at,
        ids=ids,
        props={"path": path, **props},
        origin="t.js",
    )


def identify(*ids: tuple[str, str], at: float = T, **traits: Any) -> Fact:
    """An identify call."""
    return Fact(
        message_id=f"m{next(_numbers)}",
        type=IDENTIFY,
        name=STANDARD_NAMES[IDENTIFY],
        at=at,
        ids=ids,
        traits=traits,
    )


def run(*facts: Fact) -> int:
    """Put the facts into the inbox and work until it is empty; returns what was taken."""
    inbox.put(facts)
    taken = 0
    while done := advance.run_batch():
        taken += done
    return taken


def email(value: str) -> tuple[str, str]:
    """An email identity."""
    return ("email", value)


def device(value: str) -> tuple[str, str]:
    """A device identity."""
    return ("anonymous_id", value)
