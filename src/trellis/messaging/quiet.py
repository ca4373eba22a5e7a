"""Quiet hours: one pure function from a time and a zone to when sending may go on."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def zone_of(name: str, default: ZoneInfo) -> ZoneInfo:
    """The IANA zone called ``name``; ``default`` where it is empty or unknown."""
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default


def quiet_until(now: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime | None:
    """When the quiet hours that contain ``now`` end, in UTC; None outside of them.

    ``begin`` and ``end`` are local times of ``zone``; an interval may cross midnight. An
    end that the spring change skips becomes the same moment on the clock that went ahead,
    one that the autumn change repeats is its first occurrence still to come.
    """
    local = now.astimezone(zone)
    moment = local.time()
    if begin < end:
        if not begin <= moment < end:
            return None
        day = local.date()
    else:
        if end <= moment < begin:
            return None
        day = local.date() if moment < end else local.date() + timedelta(days=1)
    ends = (
        datetime.combine(day, end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    return next((until for until in ends if until > now), None)
