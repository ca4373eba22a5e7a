"""The one log: de-duplication by message id, and appending by COPY."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.utils import IntegrityError

from trellis.core import db, sql
from trellis.core.ids import OWN, event_id_of
from trellis.events import catalogue
from trellis.events.catalogue import Name
from trellis.events.types import SYSTEM, Fact, Logged

_SQL = sql.load(__package__, "log")
_encode = msgspec.json.Encoder().encode


def fresh(facts: Sequence[Fact], today: date) -> list[tuple[int, Fact]]:
    """The facts not seen before, each with its event id, in the order given.

    What Trellis states once, with an id made for it, cannot come again and is not noted.
    """
    first: dict[tuple[int, int], Fact] = {}
    for fact in facts:
        first.setdefault((fact.stamp, event_id_of(fact.message_id)), fact)
    asked = [key for key, fact in first.items() if not _once(fact)]
    new = {key[1] for key in first.keys() - set(asked)}
    if asked:
        rows = db.hot(_SQL["see"], [today, [k[0] for k in asked], [k[1] for k in asked]])
        new.update(number for (number,) in rows)
    return [(key[1], fact) for key, fact in first.items() if key[1] in new]


def _once(fact: Fact) -> bool:
    return fact.type == SYSTEM and fact.message_id.startswith(OWN)


def append(rows: Sequence[Logged], epoch: int, now: datetime) -> list[Logged]:
    """Append events of locked contacts to the log; returns those that were new.

    ``epoch`` comes from ``core.locks.share_definitions`` in the same transaction. An event
    that stands there already, with its contact, id and time, is left out.
    """
    if not rows:
        return []
    names = catalogue.numbers(((row.type, row.name) for row in rows), now)
    try:
        with transaction.atomic():
            _copy(rows, names, epoch, now)
        return list(rows)
    except IntegrityError:
        rows = _without_known(rows)
        _copy(rows, names, epoch, now)
        return rows


def _copy(rows: Sequence[Logged], names: Mapping[Name, int], epoch: int, now: datetime) -> None:
    """COPY reads text, in which a backslash of JSON is doubled."""
    logged_at = now.isoformat()
    lines = [
        f"{r.contact_id}\t{r.event_id}\t{r.at.isoformat()}\t{names[r.type, r.name]}\t{epoch}"
        f"\t{r.depth}\t{_number(r.key_id)}\t{_number(r.cause)}\t{logged_at}\t".encode()
        + storable(r.props).replace(b"\\", b"\\\\")
        for r in rows
    ]
    with connection.cursor() as cursor, cursor.copy(_SQL["append"]) as copy:
        copy.write(b"\n".join(lines))


def _number(value: int | None) -> str:
    return "\\N" if value is None else str(value)


def storable(props: Mapping[str, Any]) -> bytes:
    """JSON that jsonb can hold: without NUL."""
    data = _encode(props)
    return _encode(_without_nul(props)) if b"\\u0000" in data else data


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value


def _without_known(rows: Sequence[Logged]) -> list[Logged]:
    first = {(row.contact_id, row.event_id, row.at): row for row in rows}
    there = {
        (contact, event)
        for contact, event in db.fetch(
            _SQL["standing_there"],
            [[k[0] for k in first], [k[1] for k in first], [k[2] for k in first]],
        )
    }
    return [row for key, row in first.items() if (key[0], key[1]) not in there]


def purge_seen(before: date) -> int:
    """Forget message ids last noted before ``before``; returns how many."""
    return db.run(_SQL["purge_seen"], [before])
