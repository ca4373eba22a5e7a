"""Parameters and scopes of compiled statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from trellis.core.days import day_of, zone
from trellis.rules import windows
from trellis.rules.types import Moment, Span


class Sql(NamedTuple):
    """A piece of SQL with ``%(name)s`` places, and the values for them."""

    text: str
    params: dict[str, Any]


class Params:
    """Names the parameters of one statement; equal values share a name."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._names: dict[tuple[object, str], str] = {}
        self._values: dict[str, Any] = {}
        self._days: dict[str, Callable[[date], date | int]] = {}
        self._zoned = False

    def add(self, value: Any, cast: str) -> str:
        """The place of a value."""
        key = (tuple(value) if isinstance(value, list) else (type(value), value), cast)
        name = self._names.setdefault(key, f"{self._prefix}p{len(self._names)}")
        self._values[name] = value
        return f"%({name})s::{cast}"

    def today(self) -> str:
        """The place of the current day."""
        self._days[f"{self._prefix}today"] = lambda today: today
        return f"%({self._prefix}today)s::date"

    def since(self, span: Span) -> str:
        """The place of the last day before a window that ends today."""
        name = f"{self._prefix}since_{span.n}_{span.unit}"
        self._days[name] = lambda today: windows.since(today, span)
        return f"%({name})s::date"

    def until(self, span: Span) -> str:
        """The place of the first day after a window that begins today."""
        name = f"{self._prefix}until_{span.n}_{span.unit}"
        self._days[name] = lambda today: windows.until(today, span)
        return f"%({name})s::date"

    def day(self, moment: Moment) -> str:
        """The place of a day relative to today."""
        name = f"{self._prefix}day_{_name(moment)}"
        self._days[name] = lambda today: windows.day(today, moment)
        return f"%({name})s::date"

    def year(self, moment: Moment, more: int = 0) -> str:
        """The place of the year of a day relative to today, or of a later year."""
        name = f"{self._prefix}year_{_name(moment)}_{more}"
        self._days[name] = lambda today: windows.day(today, moment).year + more
        return f"%({name})s::int"

    def turns(self, moment: Moment) -> str:
        """The place of the next day on which a relative day may be another one."""
        name = f"{self._prefix}turns_{moment.anchor.split('_')[0]}"
        self._days[name] = lambda today: windows.turns(today, moment)
        return f"%({name})s::date"

    def zone(self) -> str:
        """The place of the instance's zone."""
        self._zoned = True
        return f"%({self._prefix}zone)s::text"

    def bind(self, now: datetime) -> dict[str, Any]:
        """The values of all places at a time."""
        today = day_of(now)
        bound = dict(self._values)
        bound.update((name, day(today)) for name, day in self._days.items())
        if self._zoned:
            bound[f"{self._prefix}zone"] = zone().key
        return bound


class Scope(NamedTuple):
    """Which contacts a statement reads: ``template`` with ``{}`` for the column."""

    template: str

    def of(self, column: str) -> str:
        """The condition over a column that holds contact ids."""
        return self.template.format(column)


THESE = Scope("{} = ANY(%(ids)s::bigint[])")
RANGE = Scope("{} BETWEEN %(low)s AND %(high)s")
EVERYBODY = Scope("true")


def interval(span: Span) -> str:
    """SQL of a span, to add to a day."""
    if span.unit in ("month", "year"):
        return f"interval '{int(span.n)} {span.unit}s'"
    return str(int(span.n) * (7 if span.unit == "week" else 1))


def _name(moment: Moment) -> str:
    sign = "m" if moment.n < 0 else "p"
    return f"{moment.anchor}_{sign}{abs(moment.n)}_{moment.unit}"
