"""The live tail: what came last, what waits to be decided, and what was refused.

Reads a page at a time: of the log the newest of each name, which its index has in order; of
the inbox its newest rows; of the refused their newest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from trellis.core import clock, db, locks, sql
from trellis.core.paging import Cursor, Page
from trellis.events import counting, types
from trellis.events.models import Inbox, Rejected, Signal
from trellis.events.queries import EventRow
from trellis.events.types import Fact, Logged
from trellis.people import masking, normal

ACCEPTED, WAITING, REFUSED = "accepted", "waiting", "refused"
STATES = (ACCEPTED, WAITING, REFUSED)
REACH = timedelta(days=30)
"""How far back the tail looks."""
_LATEST_REFUSED = 300
_LATEST_ROWS = 20

_SQL = sql.load(__package__, "tail")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to show. ``contacts``: these people only (None: everybody); ``who``: the same as
    it was typed, to find it in what belongs to nobody yet; ``state``: one of ``STATES``."""

    contacts: Sequence[int] | None = None
    who: str = ""
    name: str = ""
    key_id: int | None = None
    state: str = ""

    def wants(self, state: str) -> bool:
        """Whether items of this state are shown."""
        return not self.state or self.state == state


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of the tail. ``number``: of the event, or of the refused item; ``reason``:
    why it was refused; ``body``: a refused item as it came."""

    state: str
    at: datetime
    number: int
    type: str
    name: str
    props: Mapping[str, Any]
    key_id: int | None
    contact_id: int = 0
    logged_at: datetime | None = None
    reason: str = ""
    detail: str = ""
    body: str = ""


def find_people(typed: str) -> list[int]:
    """The contacts that ``typed`` names: an email, phone, user id, id of a browser, or
    ``#`` with the number of a contact."""
    said = typed.strip()
    if said.startswith("#") and said[1:].isdigit() and len(said) < 19:
        return [int(said[1:])]
    values = {said, normal.normalise_email(said) or said, normal.normalise_phone(said) or said}
    return [number for (number,) in db.fetch(_SQL["people"], {"values": sorted(values)})]


def tail(asked: Filter, after: Cursor | None, limit: int) -> Page[Item]:
    """A page of the tail, the newest first; what waits stands on the first page only."""
    items: list[Item] = []
    if asked.wants(ACCEPTED):
        items += _logged(asked, after, limit + 1)
    if asked.wants(REFUSED) and not asked.name:
        items += _refused(asked, after, limit + 1)
    items.sort(key=lambda item: (item.at, item.number), reverse=True)
    waits = _waiting(asked, limit) if after is None and asked.wants(WAITING) else []
    shown = items[:limit]
    more = Cursor(at=shown[-1].at, id=shown[-1].number).encode() if len(items) > limit else ""
    return Page(rows=[*waits, *shown], next=more)


def one(contact_id: int, event_id: int) -> Item | None:
    """One event of a contact."""
    rows = db.fetch(_SQL["one"], {"contact": contact_id, "event": event_id})
    return _item(rows[0]) if rows else None


def followed(item: Item) -> list[EventRow]:
    """What was decided because of an event, in order."""
    params = {"contact": item.contact_id, "event": item.number, "at": item.at}
    return [
        EventRow(
            event_id=number,
            at=at,
            type=kind,
            name=name,
            props=masking.props(kind, _props(props)),
            origin_id=origin,
            cause=cause,
        )
        for number, at, kind, name, props, origin, cause in db.fetch(_SQL["followed"], params)
    ]


def counted_by(item: Item) -> list[Signal]:
    """The signals that count an event."""
    params = {"contact": item.contact_id, "event": item.number}
    props = next((_props(row[5]) for row in db.fetch(_SQL["one"], params)), {})
    row = Logged(
        contact_id=item.contact_id,
        event_id=item.number,
        name=item.name,
        type=item.type,
        at=item.at,
        props=props,
        cause=None,
        depth=0,
        key_id=item.key_id,
        origin="",
    )
    with transaction.atomic():
        numbers = counting.signals_of(row, locks.share_definitions())
    return list(Signal.objects.filter(pk__in=numbers).order_by("name"))


def _logged(asked: Filter, after: Cursor | None, most: int) -> list[Item]:
    if asked.contacts is not None and not asked.contacts:
        return []
    params = {
        "since": clock.now() - REACH,
        "at": after.at if after else None,
        "id": after.id if after else 0,
        "key": asked.key_id,
        "name": asked.name,
        "most": most,
        "contacts": list(asked.contacts or ()),
    }
    block = "newest" if asked.contacts is None else "of_people"
    return [_item(row) for row in db.fetch(_SQL[block], params)]


def _item(row: Sequence[Any]) -> Item:
    contact_id, number, at, kind, name, props, key_id, logged_at = row
    return Item(
        state=ACCEPTED,
        at=at,
        number=number,
        type=kind,
        name=name,
        props=masking.props(kind, _props(props)),
        key_id=key_id,
        contact_id=contact_id,
        logged_at=logged_at,
    )


def _props(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def _refused(asked: Filter, after: Cursor | None, most: int) -> list[Item]:
    rows = Rejected.objects.order_by("-at", "-id")
    if after is not None:
        rows = rows.filter(at__lt=after.at)
    if asked.key_id is not None:
        rows = rows.filter(key_id=asked.key_id)
    if asked.who and masking.veiled():
        return []  # looking for letters in what is veiled would spell it out
    if asked.who:
        needle = asked.who.encode()
        found = [row for row in rows[:_LATEST_REFUSED] if needle in bytes(row.body)][:most]
    else:
        found = list(rows[:most])
    return [
        Item(
            state=REFUSED,
            at=row.at,
            number=row.pk,
            type=row.call,
            name="",
            props={},
            key_id=row.key_id,
            reason=row.reason,
            detail=masking.text(row.detail),
            body=masking.body(
                bytes(row.body).decode("utf-8", "replace").replace("\x00", "\ufffd")
            ),
        )
        for row in found
    ]


def _waiting(asked: Filter, most: int) -> list[Item]:
    found: list[Item] = []
    for row in Inbox.objects.order_by("-id")[:_LATEST_ROWS]:
        facts = types.decoder.decode(bytes(row.facts))
        found += [_wait(fact) for fact in facts if _is_asked(fact, asked)]
        if len(found) >= most:
            break
    return sorted(found, key=lambda item: item.at, reverse=True)[:most]


def _is_asked(fact: Fact, asked: Filter) -> bool:
    if fact.type == types.SYSTEM or (asked.name and fact.name != asked.name):
        return False
    if asked.key_id is not None and fact.key_id != asked.key_id:
        return False
    if asked.contacts is None:
        return True
    named = {value for _, value in fact.ids}
    return fact.contact_id in asked.contacts or asked.who in named


def _wait(fact: Fact) -> Item:
    return Item(
        state=WAITING,
        at=datetime.fromtimestamp(fact.at, UTC),
        number=0,
        type=fact.type,
        name=fact.name,
        props=masking.props(fact.type, fact.props),
        key_id=fact.key_id,
    )
