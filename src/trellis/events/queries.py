"""What pages and the API read from the log, the catalogue, signals and the rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from trellis.core import db
from trellis.core.models import Counter
from trellis.core.paging import Cursor, Page, paged
from trellis.core.sql import load
from trellis.events import names
from trellis.events.models import EventName, Rejected, Signal
from trellis.people import masking


class Kind(NamedTuple):
    """A filter of a timeline: events of these types or names, but none of the names in
    ``without``."""

    types: tuple[str, ...]
    names: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


_MESSAGES = (
    names.MESSAGE_SENT,
    names.MESSAGE_DELIVERED,
    names.MESSAGE_BOUNCED,
    names.MESSAGE_FAILED,
    names.MESSAGE_SKIPPED,
    names.MESSAGE_OPENED,
    names.MESSAGE_CLICKED,
    names.UNSUBSCRIBED,
    names.SUBSCRIBED,
)
_PROFILE = (
    names.CONTACT_CHANGED,
    names.CONTACT_MERGED,
    names.MERGE_UNDONE,
    names.ATTRIBUTE_CHANGED,
)
_SIGNALS = load("trellis.events", "signals")

KINDS: Mapping[str, Kind] = {
    "activity": Kind(("page", "screen", "track"), without=_MESSAGES),
    "messages": Kind((), _MESSAGES),
    "decisions": Kind(("system",), without=(*_MESSAGES, *_PROFILE)),
    "profile": Kind(("identify", "alias", "group"), _PROFILE),
}
"""The filters of a timeline by name."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a timeline shows; empty parts do not restrict. ``kind``: one of ``KINDS``;
    ``text`` is searched in the name and the properties; ``until`` is the first moment left
    out."""

    kind: str = ""
    channel: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wanted()
"""The whole timeline."""


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event of a contact."""

    event_id: int
    at: datetime
    type: str
    name: str
    props: Mapping[str, Any]
    origin_id: int | None
    cause: int | None


_TIMELINE = (
    "SELECT e.event_id, e.at, n.type, n.name, e.props, e.origin_id, e.cause"
    " FROM event e JOIN event_name n ON n.id = e.name_id WHERE e.contact_id = %s"
)


_PLAIN = (
    "concat_ws(' ', e.props->>'title', e.props->>'path', e.props->>'form', e.props->>'template',"
    " e.props->>'segment', e.props->>'journey', e.props->>'product')"
)
"""What those are let search who may not see private data."""


def _narrow(wanted: Wanted) -> tuple[str, list[Any]]:
    """The condition of a filter, to be added to a contact's events: the key leads to them,
    so that it is looked at for one contact's rows only."""
    sql, params = "", list[Any]()
    if wanted.kind in KINDS:
        kind = KINDS[wanted.kind]
        sql += " AND (n.type = ANY(%s) OR n.name = ANY(%s)) AND n.name <> ALL(%s)"
        params += [list(kind.types), list(kind.names), list(kind.without)]
    if wanted.channel:
        sql += " AND e.props->>'channel' = %s"
        params.append(wanted.channel)
    if wanted.text:
        like = (
            "%"
            + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            + "%"
        )
        said = _PLAIN if masking.veiled() else "e.props::text"
        sql += f" AND (n.name ILIKE %s OR {said} ILIKE %s)"
        params += [like, like]
    if wanted.since is not None:
        sql += " AND e.at >= %s"
        params.append(wanted.since)
    if wanted.until is not None:
        sql += " AND e.at < %s"
        params.append(wanted.until)
    return sql, params


def timeline(
    contact_id: int, wanted: Wanted = EVERYTHING, after: Cursor | None = None, limit: int = 40
) -> Page[EventRow]:
    """A page of what happened to a contact, the newest first."""
    sql, params = _narrow(wanted)
    if after is not None:
        sql += " AND (e.at, e.event_id) < (%s, %s)"
        params += [after.at, after.id]
    rows = _events(contact_id, sql, params, limit + 1)
    return paged(rows, limit, lambda row: (row.at, row.event_id))


def newer(
    contact_id: int, than: Cursor, wanted: Wanted = EVERYTHING, limit: int = 40
) -> list[EventRow]:
    """What happened to a contact since a position, the newest first."""
    sql, params = _narrow(wanted)
    sql += " AND (e.at, e.event_id) > (%s, %s)"
    return _events(contact_id, sql, [*params, than.at, than.id], limit)


def _events(contact_id: int, sql: str, params: list[Any], limit: int) -> list[EventRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_TIMELINE}{sql} ORDER BY e.at DESC, e.event_id DESC LIMIT %s",
            [contact_id, *params, limit],
        )
        return [_event(row) for row in cursor.fetchall()]


def latest(limit: int, since: datetime) -> list[tuple[int, EventRow]]:
    """The last events of anybody that people did themselves: (contact_id, event). Reads the
    newest of each name, which the index has in order, and keeps the newest of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.event_id, e.at, n.type, n.name, e.props, e.origin_id, e.cause, e.contact_id"
            " FROM event_name n CROSS JOIN LATERAL ("
            "SELECT * FROM event WHERE event.name_id = n.id AND event.at > %s"
            " ORDER BY event.at DESC LIMIT %s) e"
            " WHERE n.type <> 'system' ORDER BY e.at DESC LIMIT %s",
            [since, limit, limit],
        )
        return [(int(row[7]), _event(row[:7])) for row in cursor.fetchall()]


def _event(row: Sequence[Any]) -> EventRow:
    number, at, kind, name, props, origin_id, cause = row
    return EventRow(
        event_id=number,
        at=at,
        type=kind,
        name=name,
        props=masking.props(kind, json.loads(props) if isinstance(props, str) else props),
        origin_id=origin_id,
        cause=cause,
    )


def per_minute(name: str, now: datetime, minutes: int) -> list[tuple[datetime, int]]:
    """How many of what was counted under ``name`` in each of the last minutes, oldest first."""
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    counted: dict[datetime, int] = {}
    rows = Counter.objects.filter(name=name, minute__gte=start, minute__lte=now)
    for minute, n in rows.values_list("minute", "n"):
        counted[minute] = counted.get(minute, 0) + n
    steps = [start + timedelta(minutes=step) for step in range(minutes)]
    return [(step, counted.get(step, 0)) for step in steps]


def counted(wanted: Sequence[str], since: datetime) -> dict[str, dict[str, int]]:
    """Sums of ``core_counter`` since a time: name → reason → n."""
    found: dict[str, dict[str, int]] = {name: {} for name in wanted}
    rows = Counter.objects.filter(name__in=list(wanted), minute__gte=since)
    for name, reason, n in rows.values_list("name", "reason", "n"):
        found[name][reason] = found[name].get(reason, 0) + n
    return found


def catalogue(limit: int = 1_000) -> list[EventName]:
    """The names seen in the log, by type and name: those seen first, at most so many, because
    whoever has a write key can make up more than anybody can choose from."""
    found = EventName.objects.order_by("first_seen", "id")[:limit]
    return sorted(found, key=lambda row: (row.type, row.name))


@dataclass(frozen=True, kw_only=True)
class SignalRow:
    """A signal, how often it was counted today and in seven days (``days``: day by day, where
    any), and when last. Rolled up every ten minutes."""

    signal: Signal
    today: int
    week: int
    last_on: date | None
    days: Sequence[int]


def signals(today: date, search: str = "", bucket: str = "") -> list[SignalRow]:
    """Signals by name, those that are broken first, with their counts; two statements."""
    since = today - timedelta(days=7)
    lately = {
        row[0]: row[1:]
        for row in db.fetch(_SIGNALS["lately"], {"today": today, "since": since})
    }
    rows = Signal.objects.order_by("name")
    if search:
        rows = rows.filter(
            Q(name__icontains=search)
            | Q(key__icontains=search)
            | Q(event_name__icontains=search)
        )
    if bucket:
        rows = rows.filter(bucket=bucket)
    found = []
    for signal in sorted(rows, key=lambda row: row.status != "broken"):
        now, week, last_on, days = lately.get(signal.pk, (0, 0, None, ()))
        found.append(
            SignalRow(
                signal=signal, today=int(now), week=int(week), last_on=last_on, days=tuple(days)
            )
        )
    return found


def rejected(reason: str, after: Cursor | None, limit: int) -> Page[Rejected]:
    """Items that were not accepted, the newest first."""
    rows = Rejected.objects.order_by("-at", "-id")
    if reason:
        rows = rows.filter(reason=reason)
    if after is not None:
        rows = rows.filter(at__lte=after.at).exclude(at=after.at, id__gte=after.id)
    return paged(list(rows[: limit + 1]), limit, lambda row: (row.at, row.pk))


def rejected_by_reason(since: datetime) -> list[tuple[str, int, int]]:
    """(reason, kept, replayed) since a time, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reason, count(*), count(replayed_at) FROM rejected WHERE at > %s"
            " GROUP BY reason ORDER BY 2 DESC LIMIT 30",
            [since],
        )
        return [(str(reason), int(kept), int(done)) for reason, kept, done in cursor.fetchall()]
