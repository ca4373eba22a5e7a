"""JSON to values: what stands beside the operator of a leaf, in the shape it wants."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from trellis.rules import types
from trellis.rules.operators import (
    AMOUNT,
    COUNT,
    COUNTS,
    MANY,
    MONTHS,
    NONE,
    ONE,
    PAIR,
    PATTERN,
    PERIOD,
    SHARE,
    SPAN,
    WEEKDAYS,
    WILD,
    WINDOW,
    Operator,
)
from trellis.rules.patterns import pattern_problem
from trellis.rules.registry import Field
from trellis.rules.types import Day, Moment, Period, Range, Scalar, Span, Value, Window

SPAN_LIMIT = 3_650
_NEAR = {"today": 0, "yesterday": -1, "tomorrow": 1}
_YEAR = {"day": 366, "week": 52, "month": 12, "year": 1}

Note: TypeAlias = Callable[[str, str], None]
"""Takes the path of a problem and what is wrong there."""


class Values:
    """Reads the value of one leaf in the shape its operator wants."""

    def __init__(self, problem: Note, field: Field, kind: str) -> None:
        self.problem = problem
        self.field = field
        self.kind = kind

    def read(self, operator: Operator, data: Mapping[str, Any], path: str) -> Value:
        if operator.value == NONE:
            if data.get("value") is not None:
                self.problem(path, _("must be left out"))
            return None
        if "value" not in data:
            self.problem(path, _("is missing"))
            return None
        shapes: dict[str, Callable[[Any, str], Value]] = {
            ONE: self.one,
            MANY: self.many,
            PAIR: self.pair,
            SPAN: lambda found, place: span(self.problem, found, place),
            PERIOD: self.period,
            WINDOW: self.window,
            COUNT: self.count,
            COUNTS: self.counts,
            AMOUNT: self.number,
            PATTERN: self.pattern,
            WILD: self.text,
            WEEKDAYS: self.weekdays,
            MONTHS: self.months,
            SHARE: self.share,
        }
        found = shapes[operator.value](data["value"], path)
        if (
            operator.key.startswith("yearly")
            and isinstance(found, Span)
            and _over_a_year(found)
        ):
            self.problem(path, _("is longer than a year"))
        return found

    def one(self, data: Any, path: str) -> Scalar | None:
        readers: dict[str, Callable[[Any, str], Scalar | None]] = {
            types.NUMBER: self.number,
            types.BOOLEAN: self.boolean,
            types.DATE: lambda found, place: day(self.problem, found, place),
            types.CHOICE: self.choice,
            types.SEGMENT: self.choice,
        }
        return readers.get(self.kind, self.text)(data, path)

    def many(self, data: Any, path: str) -> Value:
        items = data if isinstance(data, list) else [data]
        if not 0 < len(items) <= types.MAX_VALUES:
            self.problem(path, _("must have 1 to %(n)s values") % {"n": types.MAX_VALUES})
            return None
        if not isinstance(data, list):
            found = [self.one(data, path)]
        else:
            found = [self.one(item, f"{path}[{i}]") for i, item in enumerate(items)]
        return tuple(dict.fromkeys(item for item in found if item is not None))

    def pair(self, data: Any, path: str) -> Value:
        if not isinstance(data, list) or len(data) != 2:
            self.problem(path, _("must be a list of two values"))
            return None
        low, high = (self.one(item, f"{path}[{i}]") for i, item in enumerate(data))
        if low is None or high is None:
            return None
        if isinstance(low, Moment) or isinstance(high, Moment):
            return (low, high)
        if low > high:  # type: ignore[operator]  # both are numbers, or both are dates
            self.problem(path, _("begins after it ends"))
        return (low, high)

    def text(self, data: Any, path: str) -> str | None:
        if not isinstance(data, str) or not data or "\x00" in data:
            self.problem(path, _("must be a text"))
            return None
        if len(data) > types.MAX_TEXT:
            self.problem(path, _("is longer than %(n)s characters") % {"n": types.MAX_TEXT})
            return None
        try:
            data.encode()
        except UnicodeEncodeError:
            self.problem(path, _("must be a text"))
            return None
        return unicodedata.normalize("NFC", data)

    def number(self, data: Any, path: str) -> Decimal | None:
        good = isinstance(data, int | float) and not isinstance(data, bool)
        # Compared before it is a float: a whole number may be too long to be one.
        if not good or not abs(data) < 10**18:
            self.problem(path, _("must be a number"))
            return None
        return Decimal(repr(data))

    def count(self, data: Any, path: str) -> Decimal | None:
        if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= 1_000_000:
            self.problem(path, _("must be a whole number from 0"))
            return None
        return Decimal(data)

    def counts(self, data: Any, path: str) -> Value:
        if not isinstance(data, list) or len(data) != 2:
            self.problem(path, _("must be a list of two values"))
            return None
        low, high = (self.count(item, f"{path}[{i}]") for i, item in enumerate(data))
        if low is not None and high is not None and low > high:
            self.problem(path, _("begins after it ends"))
        return None if low is None or high is None else (low, high)

    def share(self, data: Any, path: str) -> Value:
        found = Values(self.problem, self.field, types.NUMBER).pair(data, path)
        if isinstance(found, tuple) and not all(
            isinstance(item, Decimal) and 0 <= item <= 100 for item in found
        ):
            self.problem(path, _("must lie between 0 and 100"))
        return found

    def weekdays(self, data: Any, path: str) -> Value:
        return self.listed(data, path, types.WEEKDAYS)

    def months(self, data: Any, path: str) -> Value:
        found = self.listed(data, path, tuple(range(1, 13)))
        return None if found is None else tuple(Decimal(str(item)) for item in found)

    def listed(self, data: Any, path: str, known: tuple[Any, ...]) -> tuple[Any, ...] | None:
        items = data if isinstance(data, list) else [data]
        good = [item for item in items if item in known and not isinstance(item, bool)]
        if not items or len(good) != len(items):
            names = ", ".join(map(str, known))
            self.problem(path, _("must be one of %(all)s") % {"all": names})
            return None
        return tuple(sorted(set(good), key=known.index))

    def period(self, data: Any, path: str) -> Value:
        return period(self.problem, data, path)

    def window(self, data: Any, path: str) -> Value:
        found = window(self.problem, data, path)
        if isinstance(found, Span):
            self.problem(path, _("must be a period, or days from … to …"))
            return None
        return found

    def boolean(self, data: Any, path: str) -> bool | None:
        if not isinstance(data, bool):
            self.problem(path, _("must be true or false"))
            return None
        return data

    def choice(self, data: Any, path: str) -> str | None:
        if not isinstance(data, str) or self.field.choice(data) is None:
            self.problem(
                path, _("%(value)s is not one of the choices") % {"value": json.dumps(data)}
            )
            return None
        return data

    def pattern(self, data: Any, path: str) -> str | None:
        text = self.text(data, path)
        if text is not None and (why := pattern_problem(text)):
            self.problem(path, why)
            return None
        return text


def _over_a_year(found: Span) -> bool:
    return found.n > _YEAR[found.unit]


def span(problem: Note, data: Any, path: str) -> Span | None:
    """A length of time: ``{"n": 14, "unit": "day"}``."""
    if not isinstance(data, Mapping) or set(data) != {"n", "unit"}:
        problem(path, _('must be like {"n": 14, "unit": "day"}'))
        return None
    n, unit = data["n"], data["unit"]
    if not isinstance(n, int) or isinstance(n, bool) or not 0 < n <= SPAN_LIMIT:
        problem(
            _join(path, "n"), _("must be a whole number from 1 to %(n)s") % {"n": SPAN_LIMIT}
        )
        return None
    return Span(n, unit) if _is_unit(problem, unit, path) else None


def _is_unit(problem: Note, unit: Any, path: str) -> bool:
    if unit in ("hour", "minute"):
        problem(_join(path, "unit"), _("hours are not kept: behaviour is counted by the day"))
        return False
    if unit not in types.UNITS:
        problem(
            _join(path, "unit"), _("must be one of %(all)s") % {"all": ", ".join(types.UNITS)}
        )
        return False
    return True


def day(problem: Note, data: Any, path: str) -> Day | None:
    """A date like 2026-11-23, ``today``, ``yesterday``, ``tomorrow``, or a day counted from
    an anchor: ``{"day": "month_start", "n": -1, "unit": "day"}``."""
    if isinstance(data, str) and data in _NEAR:
        return Moment("today", _NEAR[data])
    if isinstance(data, Mapping):
        return _moment(problem, data, path)
    try:
        return date.fromisoformat(data if isinstance(data, str) else "")
    except ValueError:
        problem(path, _("must be a date like 2026-11-23, or a day relative to today"))
        return None


def _moment(problem: Note, data: Mapping[str, Any], path: str) -> Moment | None:
    for key in sorted(set(map(str, data)) - {"day", "n", "unit"}):
        problem(_join(path, key), _("is not known here"))
        return None
    anchor, n, unit = data.get("day", "today"), data.get("n", 0), data.get("unit", "day")
    if anchor not in types.ANCHORS:
        problem(
            _join(path, "day"), _("must be one of %(all)s") % {"all": ", ".join(types.ANCHORS)}
        )
        return None
    if not isinstance(n, int) or isinstance(n, bool) or abs(n) > SPAN_LIMIT:
        problem(
            _join(path, "n"),
            _("must be a whole number from %(low)s to %(high)s")
            % {"low": -SPAN_LIMIT, "high": SPAN_LIMIT},
        )
        return None
    if not _is_unit(problem, unit, path):
        return None
    return Moment(anchor, n, unit if n else "day")


def period(problem: Note, data: Any, path: str) -> Period | None:
    """A stretch of the calendar around today: ``last_month``."""
    if not isinstance(data, str) or data not in types.PERIODS:
        problem(path, _("must be one of %(all)s") % {"all": ", ".join(types.PERIODS)})
        return None
    return Period(data)


def window(problem: Note, data: Any, path: str) -> Window | None:
    """The last n days, ``{"from": …, "to": …}``, or ``{"during": "last_month"}``."""
    if isinstance(data, str):
        return period(problem, data, path)
    if not isinstance(data, Mapping) or not data:
        problem(path, _("must be a length of time, a period, or days from … to …"))
        return None
    if "during" in data and len(data) == 1:
        return period(problem, data["during"], _join(path, "during"))
    if set(data) <= {"from", "to"}:
        return _range(problem, data, path)
    return span(problem, data, path)


def _range(problem: Note, data: Mapping[str, Any], path: str) -> Range | None:
    begin, end = (
        day(problem, data[key], _join(path, key)) if key in data else None
        for key in ("from", "to")
    )
    if isinstance(begin, date) and isinstance(end, date) and begin > end:
        problem(path, _("begins after it ends"))
    return None if begin is None and end is None else Range(begin, end)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
