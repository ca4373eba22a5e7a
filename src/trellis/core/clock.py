"""The only source of now (design principle 6).

Every time the product uses is an aware UTC ``datetime`` from here. A sandbox instance
adds an offset that is kept in the database, so that all its processes agree.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_lock = threading.Lock()
_offset = timedelta()


def now() -> datetime:
    """The product's time: aware, UTC, with the sandbox offset added."""
    return datetime.now(UTC) + _offset


def wall() -> datetime:
    """The machine's time, for leases, heartbeats and rates, which no sandbox may bend."""
    return datetime.now(UTC)


def today(zone: ZoneInfo) -> date:
    """The calendar day of ``now()`` in ``zone``."""
    return now().astimezone(zone).date()


def offset() -> timedelta:
    """How far the sandbox runs ahead of the machine; zero outside a sandbox."""
    return _offset


def set_offset(value: timedelta) -> None:
    """Take over the offset read from the database (see ``core.instance``)."""
    global _offset
    with _lock:
        _offset = value
