"""Days and windows: the one place that says when a window begins and ends.

A window "within n" of today holds the days after ``since``. Days and weeks count back from
today; months and years are those of the calendar, clamped to the last day of a shorter one:
a year after 29 February is 28 February. Weeks begin on Monday.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from trellis.rules.types import Day, Moment, Period, Range, Span, Window

MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


def since(today: date, span: Span) -> date:
    """The last day before the window of ``span`` that ends today."""
    return shift(today, span, -1)


def until(today: date, span: Span) -> date:
    """The first day after the window of ``span`` that begins today."""
    return shift(today, span, 1)


def shift(day: date, span: Span, sign: int) -> date:
    """``day`` moved by a span, clamped to what the calendar and the database can hold."""
    try:
        if span.unit in MONTHS_OF:
            return _months(day, sign * span.n * MONTHS_OF[span.unit])
        return day + timedelta(days=sign * span.n * (7 if span.unit == "week" else 1))
    except (OverflowError, ValueError):
        return date.min if sign * span.n < 0 else date.max


def day(today: date, moment: Moment) -> date:
    """The day that a relative day is, seen from ``today``."""
    unit, _, edge = moment.anchor.partition("_")
    span = Span(moment.n, moment.unit)
    if not edge:
        return shift(today, span, 1)
    begin = start(today, unit)
    if edge == "start":
        return shift(begin, span, 1)
    if moment.unit in MONTHS_OF and unit != "week":  # a month's end stays one
        begin, span = shift(begin, span, 1), Span(0, "day")
    last = shift(shift(begin, one(unit), 1), Span(1, "day"), -1)
    return shift(last, span, 1)


def start(today: date, unit: str) -> date:
    """The first day of the week, month, quarter or year of a day."""
    if unit == "week":
        return today - timedelta(days=today.weekday())
    if unit == "month":
        return today.replace(day=1)
    return today.replace(
        month=(today.month - 1) // 3 * 3 + 1 if unit == "quarter" else 1, day=1
    )


def one(unit: str) -> Span:
    """One week, month, quarter or year."""
    return Span(3, "month") if unit == "quarter" else Span(1, unit)


def turns(today: date, moment: Moment) -> date:
    """The first day after ``today`` on which a relative day may be another one."""
    unit, _, edge = moment.anchor.partition("_")
    if not edge:
        return shift(today, Span(1, "day"), 1)
    return shift(start(today, unit), one(unit), 1)


def bounds(window: Window) -> tuple[Day | None, Day | None]:
    """The first day of a window, and the last; None where it is open. A span ends with
    whatever is known, days ahead of today included."""
    if isinstance(window, Range):
        return window.begin, window.end
    if isinstance(window, Period):
        return _PERIODS[window.key]
    raise AssertionError("a span begins after its day")


def _around(unit: str) -> dict[str, tuple[Moment, Moment]]:
    span = one(unit)
    begin, end = f"{unit}_start", f"{unit}_end"
    n, of = span.n, span.unit
    return {
        f"last_{unit}": (Moment(begin, -n, of), Moment(begin, -1, "day")),
        f"this_{unit}": (Moment(begin), Moment(end)),
        f"next_{unit}": (Moment(begin, n, of), Moment(end, n, of)),
    }


_PERIODS: dict[str, tuple[Moment, Moment]] = {
    "today": (Moment(), Moment()),
    "yesterday": (Moment("today", -1), Moment("today", -1)),
    "tomorrow": (Moment("today", 1), Moment("today", 1)),
    **_around("week"),
    **_around("month"),
    **_around("quarter"),
    **_around("year"),
}


def anniversary(day_: date, year: int) -> date:
    """The day's return in a year; 29 February returns on the 28th of shorter years."""
    last = calendar.monthrange(year, day_.month)[1]
    return date(year, day_.month, min(day_.day, last))


def _months(day_: date, months: int) -> date:
    index = day_.year * 12 + day_.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day_.day, last))
