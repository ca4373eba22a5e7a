"""Remembering what is costly to count, for as long as its cost deserves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import get_language

from trellis.people import masking

T = TypeVar("T")
WORTH = 300.0
"""A figure that took s seconds to count is shown for WORTH × s seconds: one of 200 ms for
a minute, one of 2 ms for half a second."""

_kept: dict[str, tuple[float, object]] = {}
_lock = threading.Lock()


def remember(key: str, count: Callable[[], T]) -> T:
    """The result of ``count``, kept in this process for a time that grows with its cost;
    apart for each language, whose words it may hold, and for those who may not see private
    data."""
    key = f"{get_language()} {key}"
    if masking.veiled():
        key = f"veiled {key}"
    with _lock:
        until, value = _kept.get(key, (0.0, None))
    if until > time.monotonic():
        return value  # type: ignore[return-value]  # what ``count`` returned for this key
    start = time.monotonic()
    fresh = count()
    end = time.monotonic()
    with _lock:
        _kept[key] = (end + WORTH * (end - start), fresh)
    return fresh


def forget() -> None:
    """Forget everything (tests)."""
    with _lock:
        _kept.clear()
