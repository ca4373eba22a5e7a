"""Durations and times of day as people write them in a definition."""

from __future__ import annotations

import re
from datetime import time, timedelta

UNITS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
"""Seconds of each unit; the plural is understood too."""

LONGEST = timedelta(days=5 * 366)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PART = re.compile(r"\s*(\d{1,6})\s*(minute|hour|day|week)s?\s*(?:,|and)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Duration(str):
    """A length of time such as ``2 days`` or ``1 day 12 hours``; longer than nothing,
    at most five years. Raises ``ValueError`` with a sentence that says how to write it."""

    __slots__ = ("delta",)
    delta: timedelta

    def __new__(cls, text: str) -> Duration:
        """Read ``text``; the text itself is kept for writing the definition again."""
        self = super().__new__(cls, " ".join(text.split()))
        self.delta = _read(text)
        return self


def _read(text: str) -> timedelta:
    seconds = place = 0
    while place < len(text.rstrip()):
        part = _PART.match(text, place)
        if part is None:
            seconds = 0
            break
        seconds += int(part[1]) * UNITS[part[2]]
        place = part.end()
    if seconds <= 0:
        raise ValueError(f"'{text}' is not a duration; write 2 days, 36 hours, 30 minutes")
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"'{text}' is longer than five years")
    return timedelta(seconds=seconds)


class TimeOfDay(str):
    """A time of day such as ``09:00``. Raises ``ValueError`` on anything else."""

    __slots__ = ("time",)
    time: time

    def __new__(cls, text: str) -> TimeOfDay:
        """Read ``HH:MM``."""
        found = _TIME.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"'{text}' is not a time of day; write 09:00 or 17:30")
        self = super().__new__(cls, text.strip())
        self.time = time(int(found[1]), int(found[2]))
        return self
