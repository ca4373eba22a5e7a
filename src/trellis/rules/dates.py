"""Dates to SQL: days relative to today, and the days on which answers change by themselves.

A bound that hangs on today only ever moves forward. So the answer of a comparison with it
can change only where the bound reaches the value, or passes it, and that lies ahead only
while the value is not before the bound: ``crosses`` gives such a day, never a later one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from trellis.rules import windows
from trellis.rules.params import Params
from trellis.rules.types import Day, Leaf, Moment, Period, Span, Window

_LENGTHS = {"week": 6, "month": 30, "quarter": 91, "year": 365}
_CLAMPED = 3
"""Days that moving by months may lose at the end of a shorter month."""


def back(span: Span) -> Moment:
    """Today, moved back by a span."""
    return Moment("today", -span.n, span.unit)


def ahead(span: Span) -> Moment:
    """Today, moved ahead by a span."""
    return Moment("today", span.n, span.unit)


def place(params: Params, day: Day) -> str:
    """The place of a day."""
    return params.day(day) if isinstance(day, Moment) else params.add(day, "date")


def edges(params: Params, window: Window) -> tuple[str, str]:
    """SQL of the first and the last day of a window."""
    if isinstance(window, Span):
        return f"({params.day(back(window))} + 1)", "'infinity'::date"
    begin, end = windows.bounds(window)
    return (
        "'-infinity'::date" if begin is None else place(params, begin),
        "'infinity'::date" if end is None else place(params, end),
    )


def moments(window: Window) -> list[Moment]:
    """The bounds of a window that move with today: values at or after one change sides."""
    if isinstance(window, Span):
        return [back(window)]
    return [bound for bound in windows.bounds(window) if isinstance(bound, Moment)]


def crosses(params: Params, x: str, moment: Moment) -> str:
    """SQL of a day after today before which no comparison of ``x`` with a relative day can
    change; NULL where none changes any more."""
    return (
        f"CASE WHEN {x} >= {params.day(moment)}"
        f" THEN greatest({params.turns(moment)}, {_early(x, moment)}) END"
    )


def _early(x: str, moment: Moment) -> str:
    """SQL of a day before which the relative day cannot have reached ``x``."""
    unit, _, edge = moment.anchor.partition("_")
    slack = _LENGTHS[unit] if edge == "end" else 0
    if moment.unit in ("month", "year"):
        sign = "-" if moment.n >= 0 else "+"
        slack += _CLAMPED
        text = f"({x} {sign} interval '{abs(moment.n)} {moment.unit}s')::date"
    else:
        days = moment.n * (7 if moment.unit == "week" else 1)
        text = f"({x} - ({days}))" if days else x
    return f"({text} - {slack})" if slack else text


def yearly(params: Params, x: str, leaf: Leaf) -> tuple[str, list[str]]:
    """SQL that says whether a day returns within what a yearly leaf names, and the days on
    which the answer may change."""
    if isinstance(leaf.value, date):
        fixed = params.add(leaf.value, "date")
        return f"{_returns(x, str(leaf.value.year))} = {fixed}", []
    low, high, test = _around(leaf)
    places = {"lo": params.day(low), "hi": params.day(high)}
    years = dict.fromkeys((params.year(low), params.year(high)))
    tests = [test.format(x=_returns(x, year), **places) for year in years]
    changes = [
        crosses(params, _returns(x, params.year(bound, more)), bound)
        for bound in dict.fromkeys((low, high))
        for more in (0, 1)
    ]
    return f"({' OR '.join(tests)})", changes


def _around(leaf: Leaf) -> tuple[Moment, Moment, str]:
    """The bounds of a yearly leaf, and how a return is compared with them."""
    value = leaf.value
    if isinstance(value, Span) and leaf.op == "yearly_within_next":
        return Moment(), ahead(value), "({x} >= {lo} AND {x} < {hi})"
    if isinstance(value, Span):
        return back(value), Moment(), "({x} > {lo} AND {x} <= {hi})"
    if isinstance(value, Moment):
        return value, value, "{x} = {lo}"
    assert isinstance(value, Period), "parsed"
    begin, end = windows.bounds(value)
    assert isinstance(begin, Moment), "periods are closed"
    assert isinstance(end, Moment), "periods are closed"
    return begin, end, "{x} BETWEEN {lo} AND {hi}"


def _returns(x: str, year: str) -> str:
    """SQL of the return of a day in a year; 29 February returns on the 28th."""
    return f"({x} + make_interval(years => {year} - extract(year FROM {x})::int))::date"


def least(days: Iterable[str]) -> str:
    """SQL of the first of some days; NULL where there is none."""
    found = list(dict.fromkeys(days))
    return f"least({', '.join(found)})" if found else "NULL::date"
