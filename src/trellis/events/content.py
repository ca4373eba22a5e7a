"""What people look at, click and read, rolled up by day: reports never scan the log.

A job counts the last days anew from the log, day by day and as a set, so that events that
come late are counted too and nothing is counted twice. Each kind keeps its most frequent
items of a day; the others are summed up in one row, which says how many they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from trellis.core import clock, db, sql
from trellis.core.days import day_of, zone
from trellis.events import names
from trellis.events.models import EventName
from trellis.events.types import PAGE, SCREEN, STANDARD_NAMES, SYSTEM, TRACK

KINDS: Mapping[tuple[str, str], str] = {
    (PAGE, STANDARD_NAMES[PAGE]): "page",
    (SCREEN, STANDARD_NAMES[SCREEN]): "page",
    (TRACK, "Page Read"): "read",
    (TRACK, "Element Clicked"): "click",
    (TRACK, "Link Followed"): "click",
    (TRACK, "File Downloaded"): "click",
    (SYSTEM, names.MESSAGE_SENT): "sent",
    (SYSTEM, names.MESSAGE_OPENED): "opened",
    (SYSTEM, names.MESSAGE_CLICKED): "clicked",
}
"""Event → kind of item: pages seen and read to the end, things clicked, messages by template
sent, opened and clicked by people."""
MOST = 1_000
"""Items of a kind and day that have a row of their own."""
LATE = 7
"""Days within which late events are still counted."""
LONGEST = 400
HUMAN = 0.5
"""Opens and clicks below this probability of a person are no reading."""

_SQL = sql.load(__package__, "content")


def roll_up(since: date | None = None) -> int:
    """Count the days since a day anew: contents, and signals by day; returns how many days.

    Without ``since``: today and yesterday, or, where nothing is counted yet, all that the log
    holds of the last ``LONGEST`` days.
    """
    today = day_of(clock.now())
    known, oldest = db.fetch(_SQL["begun"])[0]
    if since is None:
        since = today - timedelta(days=1)
        if known is None and oldest is not None:
            since = min(since, day_of(oldest))
    days = (today - max(since, today - timedelta(days=LONGEST))).days
    for back in range(days, -1, -1):
        _count(today - timedelta(days=back))
    return days + 1


def by_night() -> None:
    """Once a day: late events, and for how many contacts each signal was ever counted."""
    roll_up(day_of(clock.now()) - timedelta(days=LATE))
    db.run(_SQL["contacts"])


def _count(day: date) -> None:
    with transaction.atomic():
        db.run(_SQL["forget"], {"day": day})
        db.run(
            _SQL["count"].replace("{items}", items()),
            {**places(day, day), "day": day, "most": MOST},
        )
        db.run(_SQL["forget_signals"], {"day": day})
        db.run(_SQL["signals"], {"day": day})


def places(first: date, last: date) -> dict[str, Any]:
    """The parameters of the block ``items`` for whole days of the instance's zone."""
    numbers = {(row.type, row.name): row.pk for row in EventName.objects.all()}
    known = [(numbers[name], kind) for name, kind in KINDS.items() if name in numbers]
    return {
        "names": [number for number, _kind in known],
        "kinds": [kind for _number, kind in known],
        "from_at": _midnight(first),
        "to_at": _midnight(last + timedelta(days=1)),
        "human": HUMAN,
    }


def items(*, of_some: bool = False) -> str:
    """SQL of contact, kind, key and label of the items in a span of time (``places``); of
    some contacts only (``members``) where asked."""
    who = "AND e.contact_id = ANY(%(members)s::bigint[])" if of_some else ""
    return _SQL["items"].replace("{who}", who)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone())


def signal_days(
    signal_ids: Sequence[int], since: date
) -> dict[int, dict[date, tuple[int, int]]]:
    """Signal → day → (times, contacts), since a day."""
    found: dict[int, dict[date, tuple[int, int]]] = {id_: {} for id_ in signal_ids}
    rows = db.fetch(_SQL["signal_days"], {"signals": list(signal_ids), "since": since})
    for id_, day, n, contacts in rows:
        found[id_][day] = (n, contacts)
    return found
