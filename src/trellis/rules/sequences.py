"""Sequences: whether one behaviour was followed by another within some days.

Both are counted per day, so "within n days" ends with the n-th day after that of the first;
on one and the same day the times decide. Each sequence is one pass over the days of both.
Where both must say the same ("viewed a product, then bought the same one"), the days of each
value (``signal_value``) are looked at apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from trellis.rules import dates
from trellis.rules.params import Params, Scope, interval
from trellis.rules.types import Span, Window


@dataclass(frozen=True, slots=True)
class Sequence:
    """That ``first`` (a signal, within ``window``) was followed by ``then`` within a span,
    or, with ``missing``, that the time for it is over. ``since``: a signal that has not
    happened after the last ``then``; 0 asks for none. ``keyed``: all of it with one and the
    same value of the property that these signals keep apart."""

    first: int
    then: int
    span: Span
    window: Window | None
    missing: bool
    since: int = 0
    keyed: bool = False


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
        today = self.params.today()
        end = f"(a.day + {interval(key.span)})::date"
        where, oldest = f"WHERE a.signal_id = {int(key.first)}", ""
        if key.window is not None:
            low, high = dates.edges(self.params, key.window)
            where += f" AND a.day BETWEEN {low} AND {high}"
            oldest = f" AND d.day >= {low}"
        after = "a.last_at" if key.missing else "a.first_at"
        hit = f"(coalesce(a.later <= {end}, false) OR coalesce(a.same > {after}, false))"
        days = f"FROM ({self._days(key, scope, oldest)}) a {where}"
        only = ""
        if key.missing:
            only = f" FILTER (WHERE {end} < {today})"
        columns = f"max(a.day){only} AS last"
        if key.keyed:
            columns += f", (array_agg(a.value ORDER BY a.day DESC, a.value){only})[1] AS said"
        if key.missing:
            columns += f", min({end} + 1) FILTER (WHERE {end} >= {today}) AS next_on"
            hit = f"NOT {hit}"
        if key.since:
            hit += " AND coalesce(a.since <= a.latest, true)"
        return f"SELECT a.contact_id, {columns} {days} AND {hit} GROUP BY a.contact_id"

    def _days(self, key: Sequence, scope: Scope, oldest: str) -> str:
        """The days of all signals in one pass: beside each the next later day of the
        second one, and its last time on the same day. A join would hang on the planner's
        guess of how many days a contact has. What lies before the window cannot follow
        anything in it."""
        then = f"FILTER (WHERE d.signal_id = {int(key.then)})"
        ids = ", ".join(str(n) for n in sorted({key.first, key.then, key.since} - {0})) or "0"
        who = "d.contact_id, d.value" if key.keyed else "d.contact_id"
        more = ""
        if key.since:
            mark = f"FILTER (WHERE d.signal_id = {int(key.since)})"
            more = (
                f", max(d.last_at) {then} OVER (PARTITION BY {who}) AS latest,"
                f" max(d.last_at) {mark} OVER (PARTITION BY {who}) AS since"
            )
        return (
            f"SELECT {who}, d.signal_id, d.day, d.first_at, d.last_at,"
            f" min(d.day) {then} OVER (PARTITION BY {who} ORDER BY d.day"
            " RANGE BETWEEN interval '1 day' FOLLOWING AND UNBOUNDED FOLLOWING) AS later,"
            f" max(d.last_at) {then} OVER (PARTITION BY {who}, d.day) AS same{more}"
            f" FROM {'signal_value' if key.keyed else 'signal_daily'} d"
            f" WHERE {scope.of('d.contact_id')} AND d.signal_id = ANY(ARRAY[{ids}]){oldest}"
        )
