"""Sequences: whether one behaviour was followed by another within some days.

Both are counted per day, so "within n days" ends with the n-th day after that of the first;
on one and the same day the times decide. Each sequence is one join over the days of both.
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
        where = f"WHERE {scope.of('a.contact_id')} AND a.signal_id = {int(key.first)}"
        if key.window is not None:
            low, high = dates.edges(self.params, key.window)
            where += f" AND a.day BETWEEN {low} AND {high}"
        then = (
            f"b.contact_id = a.contact_id AND b.signal_id = {int(key.then)}"
            f" AND {scope.of('b.contact_id')} AND b.day BETWEEN a.day AND {end}"
        )
        if not key.missing:
            return (
                "SELECT a.contact_id, max(a.day) AS last FROM signal_daily a"
                f" JOIN signal_daily b ON {then} AND (b.day > a.day OR b.last_at > a.first_at)"
                f" {where} GROUP BY a.contact_id"
            )
        today = self.params.today()
        return (
            f"SELECT a.contact_id, max(a.day) FILTER (WHERE {end} < {today}) AS last,"
            f" min({end} + 1) FILTER (WHERE {end} >= {today}) AS next_on FROM signal_daily a"
            f" {where} AND NOT EXISTS (SELECT 1 FROM signal_daily b WHERE {then}"
            " AND (b.day > a.day OR b.last_at > a.last_at)) GROUP BY a.contact_id"
        )
