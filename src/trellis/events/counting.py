"""Counting signals of a batch as it arrives: one roll-up row per contact, signal and day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trellis.core import db, sql
from trellis.core.days import day_of
from trellis.core.locks import Definitions
from trellis.events.catalogue import Name
from trellis.events.models import Signal
from trellis.events.types import Logged

_SQL = sql.load(__package__, "signals")
_NUMERAL = re.compile(r"[+-]?(\d{1,15}(\.\d{1,15})?)")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A signal as batches count it."""

    id: int
    name: Name
    filter: dict[str, Any]
    value_prop: str


def _load() -> dict[Name, list[Counted]]:
    out: dict[Name, list[Counted]] = {}
    for row in Signal.objects.exclude(status="broken").order_by("id"):
        name = (row.event_type, row.event_name)
        counted = Counted(id=row.pk, name=name, filter=row.filter, value_prop=row.value_prop)
        out.setdefault(name, []).append(counted)
    return out


SIGNALS: Definitions[dict[Name, list[Counted]]] = Definitions(_load)
"""All signals that count, by event name."""


def count(rows: Sequence[Logged], epoch: int) -> int:
    """Add the events just logged to the roll-ups of every live signal; returns how many
    times a signal was counted. Contacts of ``rows`` are locked by the caller."""
    hits = list(_hits(rows, SIGNALS.at(epoch)))
    if hits:
        db.run(_SQL["plain"], _columns(hits))
    return len(hits)


Hit = tuple[Logged, Counted]


def _hits(rows: Sequence[Logged], signals: dict[Name, list[Counted]]) -> Iterable[Hit]:
    for row in rows:
        for signal in signals.get((row.type, row.name), ()):
            if not signal.filter:
                yield row, signal


def number_of(value: object) -> float:
    """The number in a property: a JSON number, or a plain numeral in a string; else 0."""
    if isinstance(value, bool):
        return 0.0
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        return float(value)
    return 0.0


def _columns(hits: Iterable[Hit]) -> list[list[Any]]:
    """The hits added up per contact, signal and day, as columns."""
    sums: dict[tuple[int, int, date], list[Any]] = {}
    days: dict[int, date] = {}
    for row, signal in hits:
        hour = int(row.at.timestamp()) // 900
        day = days.get(hour)
        if day is None:
            day = days[hour] = day_of(row.at)
        key = (row.contact_id, signal.id, day)
        value = number_of(row.props.get(signal.value_prop)) if signal.value_prop else 0.0
        cell = sums.get(key)
        if cell is None:
            sums[key] = [1, value, row.at, row.at]
        else:
            cell[0] += 1
            cell[1] += value
            cell[2] = min(cell[2], row.at)
            cell[3] = max(cell[3], row.at)
    return [
        [key[0] for key in sums],
        [key[1] for key in sums],
        [key[2] for key in sums],
        *([cell[i] for cell in sums.values()] for i in range(4)),
    ]
