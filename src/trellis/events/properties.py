"""What the events of a name carry, for whoever writes a condition on it: the newest ones are
looked at, so that the answer costs the same however long the log is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trellis.core import db, sql
from trellis.events.models import EventName
from trellis.people import masking

NEWEST = 2_000
REACH = timedelta(days=120)
LIMIT = 12
SEARCH_MS = 400
_TYPES = {"string": "text", "number": "number", "boolean": "boolean", "array": "list"}

_SQL = sql.load(__package__, "properties")


@dataclass(frozen=True, slots=True)
class Property:
    """A key that events carry, the type of field its values make, and how many carry it."""

    key: str
    type: str
    n: int


def keys(event_type: str, event_name: str, now: datetime) -> list[Property]:
    """The properties of an event, the most frequent first. One that comes in several kinds
    is taken as its most frequent."""
    found: dict[str, Property] = {}
    for key, kind, n in _ask("keys", event_type, event_name, now):
        found.setdefault(key, Property(key, _TYPES[kind], int(n)))
    return list(found.values())


def values(
    event_type: str, event_name: str, key: str, search: str, now: datetime
) -> list[tuple[str, int]]:
    """The values of a property that contain ``search``, whatever its case, with how often;
    without those that hold private data, for who may not see it."""
    more = {"key": key, "search": search.strip().lower(), "limit": LIMIT}
    rows = _ask("values", event_type, event_name, now, **more)
    return [
        (value, int(n))
        for value, n in rows
        if masking.props(event_type, {key: value})[key] == value
    ]


def _ask(
    block: str, event_type: str, event_name: str, now: datetime, **more: Any
) -> list[tuple[Any, ...]]:
    row = EventName.objects.filter(type=event_type, name=event_name).first()
    if row is None:
        return []
    params = {"name_id": row.pk, "since": now - REACH, "newest": NEWEST, **more}
    return db.fetch_within(SEARCH_MS, _SQL[block], params) or []
