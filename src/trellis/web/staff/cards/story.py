"""What happened: the timeline with its filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from trellis.core.paging import Cursor
from trellis.events import queries as events
from trellis.events.queries import KINDS, Wanted
from trellis.web.staff import words
from trellis.web.staff.cards.subject import Subject
from trellis.web.staff.timeline import Names, by_day

LIMIT = 40
FILTERS = ("kind", "channel", "find", "from", "to")
LABELS: Mapping[str, Any] = {
    "": _("All"),
    "activity": _("Website"),
    "messages": _("Messages"),
    "decisions": _("Decisions"),
    "profile": _("Profile"),
}


def story(subject: Subject) -> Mapping[str, Any]:
    """The newest page of the timeline under the filters of the address."""
    return page(subject.id, subject.got, called=subject.names)


def page(
    contact_id: int,
    got: Mapping[str, str],
    after: Cursor | None = None,
    called: Names | None = None,
) -> dict[str, Any]:
    """One page of the timeline, with the filters as the address says them."""
    found = events.timeline(contact_id, wanted(got), after, LIMIT)
    before = parse_date(got["day"]) if _is_day(got.get("day")) else None
    last = timezone.localtime(found.rows[-1].at).date() if found.rows else None
    return {
        "contact_id": contact_id,
        "events": by_day(found.rows, before, called),
        "last_day": last.isoformat() if last else "",
        "next": found.next,
        "kinds": LABELS,
        "channels": words.CHANNELS,
        "got": {name: got.get(name, "") for name in FILTERS},
        "query": urlencode({name: got[name] for name in FILTERS if got.get(name)}),
        "narrowed": any(got.get(name) for name in FILTERS),
        "hidden": sum(bool(got.get(name)) for name in ("channel", "from", "to")),
    }


def wanted(got: Mapping[str, str]) -> Wanted:
    """The filter that an address says; what makes no sense in it is left out."""
    kind, channel = got.get("kind", ""), got.get("channel", "")
    return Wanted(
        kind=kind if kind in KINDS else "",
        channel=channel if channel in words.CHANNELS else "",
        text=got.get("find", "").replace("\x00", "").strip()[:100],
        since=_start(got.get("from")),
        until=_start(got.get("to"), days=1),
    )


def _is_day(text: str | None) -> bool:
    try:
        return bool(text) and parse_date(text or "") is not None
    except ValueError:
        return False


def _start(text: str | None, days: int = 0) -> datetime | None:
    """Midnight of a day in the reader's zone, ``days`` later; None where it is no day."""
    if not _is_day(text):
        return None
    day = parse_date(text or "")
    assert day is not None, "checked above"
    try:
        start = datetime.combine(day + timedelta(days=days), time.min)
        return start.replace(tzinfo=timezone.get_current_timezone())
    except OverflowError:
        return None
