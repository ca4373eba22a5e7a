"""Calendar days of the instance's zone (``settings.TIME_ZONE``)."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone() -> ZoneInfo:
    """The instance's time zone."""
    return _zone(settings.TIME_ZONE)


def day_of(at: datetime) -> date:
    """The day on which ``at`` falls in the instance's zone."""
    return at.astimezone(zone()).date()
