"""Quiet hours in the contact's zone, over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from trellis.messaging.quiet import quiet_until, zone_of

MADRID, NEW_YORK, KOLKATA = (
    ZoneInfo("Europe/Madrid"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kolkata"),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "begin", "end", "until"),
    [
        # An ordinary night crosses midnight.
        ("2026-05-20T18:59", MADRID, "21:00", "08:00", None),
        ("2026-05-20T19:00", MADRID, "21:00", "08:00", "2026-05-21T06:00"),
        ("2026-05-21T02:00", MADRID, "21:00", "08:00", "2026-05-21T06:00"),
        ("2026-05-21T06:00", MADRID, "21:00", "08:00", None),
        # The same moment is night in one zone and day in another.
        ("2026-05-20T19:00", NEW_YORK, "21:00", "08:00", None),
        ("2026-05-20T19:00", KOLKATA, "21:00", "08:00", "2026-05-21T02:30"),
        # An interval within a day.
        ("2026-05-20T11:30", MADRID, "13:00", "15:00", "2026-05-20T13:00"),
        ("2026-05-20T13:00", MADRID, "13:00", "15:00", None),
        # Spring: Madrid goes from 02:00 to 03:00 on 29 March; the night is an hour shorter.
        ("2026-03-28T22:00", MADRID, "22:00", "08:00", "2026-03-29T06:00"),
        # The end itself is skipped: 02:30 does not exist that night.
        ("2026-03-29T00:30", MADRID, "22:00", "02:30", "2026-03-29T01:30"),
        # Autumn: Madrid repeats 02:00 to 03:00 on 25 October; the night is an hour longer.
        ("2026-10-24T21:00", MADRID, "22:00", "08:00", "2026-10-25T07:00"),
        # The end happens twice: its first time from before, its second from in between.
        ("2026-10-24T23:30", MADRID, "22:00", "02:30", "2026-10-25T00:30"),
        ("2026-10-25T01:10", MADRID, "22:00", "02:30", "2026-10-25T01:30"),
    ],
)
def test_sending_goes_on_when_the_local_night_ends(
    now: str, zone: ZoneInfo, begin: str, end: str, until: str | None
) -> None:
    found = quiet_until(utc(now), zone, time.fromisoformat(begin), time.fromisoformat(end))
    assert found == (utc(until) if until else None)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_a_zone_nobody_knows_is_the_default(name: str) -> None:
    assert zone_of(name, MADRID) is MADRID
