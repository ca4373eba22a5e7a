"""Sequences: whether one behaviour was followed by another within some days.

Both are counted per day, so "within n days" ends with the n-th day after that of the first;
on one and the same day the times decide. Each sequence is one pass over the days of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from trellis.rules import dates
from trellis.rules.params import Params, Scope, interval
from trellis.rules.types import Span, Window


@dataclass(frozen=True, slots=True)
class Sequence:
    """That ``first`` (a signal, within ``window``) was followed by ``then`` within a span,
    or, with ``missing``, that the time for it is over."""

    first: int
    then: int
    span: Span
    window: Window | None
    missing: bool


class Sequences:
    """The sequences of one statement, each made once: alias ``q0``, ``q1`` …, whose ``last``
    is the last such day."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._names: dict[Sequence, str] = {}

    def alias(self, sequence: Sequence) -> str:
        """The alias of a sequence."""
        return self._names.setdefault(sequence, f"q{len(self._names)}")

    def moving(self) -> list[str]:
        """The next days on which the time for what is missing is over."""
        return [f"{name}.next_on" for key, name in self._names.items() if key.missing]

    def joins(self, scope: Scope) -> list[str]:
        """The joins that offer the aliases beside ``c``."""
        return [
            f"LEFT JOIN ({self._query(key, scope)}) {name} ON {name}.contact_id = c.contact_id"
            for key, name in self._names.items()
        ]

    def _query(self, key: Sequence, scope: Scope) -> str:
        end = f"(a.day + {interval(key.span)})::date"
        where = f"WHERE a.signal_id = {int(key.first)}"
        if key.window is not None:
            low, high = dates.edges(self.params, key.window)
            where += f" AND a.day BETWEEN {low} AND {high}"
        after = "a.last_at" if key.missing else "a.first_at"
        hit = f"(coalesce(a.later <= {end}, false) OR coalesce(a.same > {after}, false))"
        days = f"FROM ({self._days(key, scope)}) a {where}"
        if not key.missing:
            return f"SELECT a.contact_id, max(a.day) AS last {days} AND {hit} GROUP BY a.contact_id"
        today = self.params.today()
        return (
            f"SELECT a.contact_id, max(a.day) FILTER (WHERE {end} < {today}) AS last,"
            f" min({end} + 1) FILTER (WHERE {end} >= {today}) AS next_on"
            f" {days} AND NOT {hit} GROUP BY a.contact_id"
        )

    def _days(self, key: Sequence, scope: Scope) -> str:
        """The days of both signals in one pass: beside each the next later day of the
        second one, and its last time on the same day. A join would hang on the planner's
        guess of how many days a contact has."""
        then = f"FILTER (WHERE d.signal_id = {int(key.then)})"
        both = ", ".join(str(number) for number in sorted({key.first, key.then}))
        return (
            "SELECT d.contact_id, d.signal_id, d.day, d.first_at, d.last_at,"
            f" min(d.day) {then} OVER (PARTITION BY d.contact_id ORDER BY d.day"
            " RANGE BETWEEN interval '1 day' FOLLOWING AND UNBOUNDED FOLLOWING) AS later,"
            f" max(d.last_at) {then} OVER (PARTITION BY d.contact_id, d.day) AS same"
            f" FROM signal_daily d WHERE {scope.of('d.contact_id')}"
            f" AND d.signal_id = ANY(ARRAY[{both}])"
        )
