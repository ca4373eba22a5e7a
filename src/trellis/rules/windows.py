"""Days and windows: the one place that says when a window begins and ends.

A window "within n" of today holds the days after ``since``. Days and weeks count back from
today; months are calendar months, clamped to the last day of a shorter one.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from trellis.rules.types import Span


def since(today: date, span: Span) -> date:
    """The last day before the window of ``span`` that ends today."""
    return shift(today, span, -1)


def until(today: date, span: Span) -> date:
    """The first day after the window of ``span`` that begins today."""
    return shift(today, span, 1)


def shift(day: date, span: Span, sign: int) -> date:
    """``day`` moved by a span, clamped to what the calendar and the database can hold."""
    try:
        if span.unit == "month":
            return _months(day, sign * span.n)
        return day + timedelta(days=sign * span.n * (7 if span.unit == "week" else 1))
    except (OverflowError, ValueError):
        return date.min if sign < 0 else date.max


def _months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
