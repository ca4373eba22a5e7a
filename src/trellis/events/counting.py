"""Counting signals of a batch as it arrives: one roll-up row per contact, signal and day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from trellis.core import db, sql
from trellis.core.days import day_of
from trellis.core.locks import Definitions
from trellis.events.catalogue import Name
from trellis.events.log import storable
from trellis.events.models import Signal
from trellis.events.types import Logged
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.rules.types import Rule, RuleError

_SQL = sql.load(__package__, "signals")
_NUMERAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
LARGEST = 10**15
"""Numbers beyond this are no amounts; they add nothing."""
KEPT = 200
"""Letters of a value that are kept, at most."""
EACH = 50
"""Values of one event that are kept apart, at most."""
PRODUCTS = "products"
"""The list in which events of shops carry what each product is."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A signal as batches count it. ``filter`` is None where every event counts."""

    id: int
    name: Name
    filter: Rule | None
    value_prop: str
    each_value: bool


@dataclass(frozen=True, kw_only=True)
class Book:
    """All signals that count, by event name: those without and those with a filter."""

    plain: dict[Name, list[Counted]]
    filtered: dict[Name, list[Counted]]


def _load() -> Book:
    book = Book(plain={}, filtered={})
    for row in Signal.objects.exclude(status="broken").order_by("id"):
        try:
            rule = parse(row.filter, PROPS) if row.filter else None
        except RuleError as error:
            Signal.objects.filter(pk=row.pk).update(status="broken", why=str(error))
            continue
        name = (row.event_type, row.event_name)
        counted = Counted(
            id=row.pk,
            name=name,
            filter=rule,
            value_prop=row.value_prop,
            each_value=row.each_value,
        )
        side = book.plain if rule is None else book.filtered
        side.setdefault(name, []).append(counted)
    return book


SIGNALS: Definitions[Book] = Definitions(_load)
"""All signals that count, by epoch."""


def count(rows: Sequence[Logged], epoch: int) -> set[int]:
    """Add the events just logged to the roll-ups of every signal; returns the contacts for
    whom one was counted. Contacts of ``rows`` are locked by the caller."""
    book = SIGNALS.at(epoch)
    hits = [
        (row, signal) for row in rows for signal in book.plain.get((row.type, row.name), ())
    ]
    hits.extend(_filtered(rows, book))
    plain = [hit for hit in hits if not hit[1].value_prop]
    if plain:
        db.hot(_SQL["plain"], _columns(plain))
    if len(plain) < len(hits):
        db.hot(_SQL["valued"], _columns([hit for hit in hits if hit[1].value_prop], VALUED))
    if apart := [hit for hit in hits if hit[1].each_value]:
        db.hot(_SQL["values"], _each(apart))
    return {row.contact_id for row, _ in hits}


def listens(name: Name, epoch: int) -> bool:
    """Whether a signal counts events of this name."""
    book = SIGNALS.at(epoch)
    return name in book.plain or name in book.filtered


def signals_of(row: Logged, epoch: int) -> list[int]:
    """The numbers of the signals that count one event."""
    book = SIGNALS.at(epoch)
    plain = [signal.id for signal in book.plain.get((row.type, row.name), ())]
    return [*plain, *(signal.id for _, signal in _filtered([row], book))]


Hit = tuple[Logged, Counted]


def _filtered(rows: Sequence[Logged], book: Book) -> list[Hit]:
    """The events that pass filters, judged in SQL so that live counting and back-fill can
    never differ."""
    asked = [row for row in rows if (row.type, row.name) in book.filtered]
    if not asked:
        return []
    names = sorted({(row.type, row.name) for row in asked})
    number = {name: i for i, name in enumerate(names)}
    signals = {signal.id: signal for name in names for signal in book.filtered[name]}
    values: list[str] = []
    params: dict[str, Any] = {
        "i": list(range(len(asked))),
        "name": [number[row.type, row.name] for row in asked],
        "props": [storable(row.props).decode() for row in asked],
    }
    for signal in signals.values():
        assert signal.filter is not None, "only filtered signals stand in this book"
        condition = compile_filter(signal.filter, "e.props", f"s{signal.id}_")
        params.update(condition.params)
        values.append(f"({signal.id}, e.name = {number[signal.name]} AND {condition.text})")
    text = _SQL["matching"].replace("{signals}", ", ".join(values))
    return [(asked[i], signals[signal_id]) for i, signal_id in db.fetch(text, params)]


def number_of(value: object) -> float | None:
    """The number in a property: a JSON number, or a plain numeral in a string; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) <= LARGEST else None
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        return float(value) if abs(float(value)) <= LARGEST else None
    return None


def said_of(value: object, at: datetime) -> str | None:
    """A property as text after the time it was said at, so that texts sort by time; None
    where it holds no single value."""
    text = text_of(value)
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S%f}{text}" if text else None


def text_of(value: object) -> str:
    """A property as text, as the database writes it; "" where it holds no single value."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = format(Decimal(repr(value + 0.0)), "f")
    elif isinstance(value, int | str):
        text = str(value).replace("\x00", "")
    else:
        return ""
    return text[:KEPT]


def values_of(props: Mapping[str, Any], prop: str) -> set[str]:
    """The values of a property of an event, as texts: itself, or the items of a list; where
    the event has none, those of its ``products``."""
    if prop in props:
        said = props[prop]
        found = said if isinstance(said, list) else [said]
    else:
        products = props.get(PRODUCTS)
        rows = products if isinstance(products, list) else []
        found = [row.get(prop) if isinstance(row, dict) else None for row in rows]
    return {text for item in found[:EACH] if (text := text_of(item))}


@dataclass(slots=True)
class _Cell:
    """What is counted of a contact, a signal and a day."""

    n: int
    sum: float
    first_at: datetime
    last_at: datetime
    high: float | None = None
    low: float | None = None
    first_value: str | None = None
    last_value: str | None = None

    def keep(self, number: float | None, said: str | None) -> None:
        if number is not None:
            self.sum += number
            self.high = number if self.high is None else max(self.high, number)
            self.low = number if self.low is None else min(self.low, number)
        if said is not None:
            self.first_value = said if self.first_value is None else min(self.first_value, said)
            self.last_value = said if self.last_value is None else max(self.last_value, said)


PLAIN = ("n", "sum", "first_at", "last_at")
VALUED = (*PLAIN, "high", "low", "first_value", "last_value")


def _each(hits: Iterable[Hit]) -> list[list[Any]]:
    """When each value was said, per contact, signal and day, as columns."""
    cells: dict[tuple[int, int, date, str], tuple[datetime, datetime]] = {}
    for row, signal in hits:
        day = day_of(row.at)
        for value in values_of(row.props, signal.value_prop):
            key = (row.contact_id, signal.id, day, value)
            first, last = cells.get(key, (row.at, row.at))
            cells[key] = (min(first, row.at), max(last, row.at))
    return [
        *([key[place] for key in cells] for place in range(4)),
        *([pair[place] for pair in cells.values()] for place in range(2)),
    ]


def _columns(hits: Iterable[Hit], names: Sequence[str] = PLAIN) -> list[list[Any]]:
    """The hits added up per contact, signal and day, as columns."""
    cells: dict[tuple[int, int, date], _Cell] = {}
    days: dict[int, date] = {}
    for row, signal in hits:
        hour = int(row.at.timestamp()) // 900
        day = days.get(hour)
        if day is None:
            day = days[hour] = day_of(row.at)
        key = (row.contact_id, signal.id, day)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = _Cell(1, 0.0, row.at, row.at)
        else:
            cell.n += 1
            cell.first_at = min(cell.first_at, row.at)
            cell.last_at = max(cell.last_at, row.at)
        if signal.value_prop:
            value = row.props.get(signal.value_prop)
            cell.keep(number_of(value), said_of(value, row.at))
    return [
        *([key[place] for key in cells] for place in range(3)),
        *([getattr(cell, name) for cell in cells.values()] for name in names),
    ]
