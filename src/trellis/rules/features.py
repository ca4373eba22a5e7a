"""What rules need of behaviour: aggregates over ``signal_daily``, in one pass over it.

Few aggregates are columns of one GROUP BY, each with its FILTER. Since every FILTER is asked
about every row, many are faster in two steps: group by contact and signal, once per window,
gather the groups of a contact in arrays, and look each aggregate up by its signal's place
(79 aggregates over 38,000 rows: 112 ms against 50 ms of one core).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from trellis.rules import dates, windows
from trellis.rules.params import Params, Scope, interval
from trellis.rules.types import Moment, Span, Window


@dataclass(frozen=True, slots=True)
class Feature:
    """One aggregate over a contact's days of a signal: ``n``, ``sum``, ``first`` and
    ``last`` day, how many different ``days``, ``first_at``, ``last_at``, ``max`` and ``min`` of
    the values kept, the ``latest`` and the ``earliest`` of them (each after its time, see
    ``behaviour.STAMP``); ``fade`` and ``fade_sum`` are count and sum weighted linearly down to zero over ``fade`` days (times ``fade``, to stay whole);
    ``ends`` has no column, it only notes that a window moves. ``window`` limits the days."""

    signal_id: int
    what: str
    window: Window | None = None
    fade: int = 0


_AGGREGATES = {
    "n": "sum(d.n)",
    "sum": "sum(d.sum)",
    "days": "count(*)",
    "first": "min(d.day)",
    "last": "max(d.day)",
    "first_at": "min(d.first_at)",
    "last_at": "max(d.last_at)",
    "max": "max(d.high)",
    "min": "min(d.low)",
    "latest": "max(d.last_value)",
    "earliest": "min(d.first_value)",
}

MANY = 16
"""From how many aggregates on the two steps are taken."""


class Features:
    """The aggregates of one statement, each made once; alias ``f`` has their columns and
    ``next_on``, the next day on which one of the windows moves."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self._names: dict[Feature, str] = {}

    def column(self, feature: Feature) -> str:
        """The column of an aggregate; NULL where nothing was counted."""
        return f"f.{self._names.setdefault(feature, f'f{len(self._names)}')}"

    def moves(self) -> bool:
        """Whether a window may move by itself."""
        return any(feature.fade or feature.what == "ends" for feature in self._names)

    def joins(self, scope: Scope) -> list[str]:
        """The joins that offer ``f`` beside ``c``."""
        wanted = {key: name for key, name in self._names.items() if key.what != "ends"}
        if not wanted:
            return []
        if len(wanted) < MANY:
            return [f"LEFT JOIN ({self._flat(wanted, scope)}) f ON f.contact_id = c.contact_id"]
        return self._in_two_steps(wanted, scope)

    def _flat(self, wanted: dict[Feature, str], scope: Scope) -> str:
        columns = [
            f"{self._aggregate(feature, f'd.signal_id = {feature.signal_id}')} AS {name}"
            for feature, name in wanted.items()
        ]
        columns.append(f"{self._next_on()} AS next_on")
        return f"SELECT d.contact_id, {', '.join(columns)} {self._days(scope)} GROUP BY d.contact_id"

    def _in_two_steps(self, wanted: dict[Feature, str], scope: Scope) -> list[str]:
        shapes = {shape: f"c{n}" for n, shape in enumerate(dict.fromkeys(map(_shape, wanted)))}
        columns = [f"{self._aggregate(shape, '')} AS {name}" for shape, name in shapes.items()]
        columns.append(f"{self._next_on()} AS next_on")
        inner = (
            f"SELECT d.contact_id, d.signal_id, {', '.join(columns)}"
            f" {self._days(scope)} GROUP BY d.contact_id, d.signal_id"
        )
        arrays = ", ".join(f"array_agg(t.{name}) AS {name}" for name in shapes.values())
        places = ", ".join(
            f"array_position(q.signals, {id_}) AS p{id_}" for id_ in _signals(wanted)
        )
        found = ", ".join(
            f"q.{shapes[_shape(feature)]}[p.p{feature.signal_id}] AS {name}"
            for feature, name in wanted.items()
        )
        return [
            f"LEFT JOIN (SELECT t.contact_id, array_agg(t.signal_id) AS signals, {arrays},"
            f" min(t.next_on) AS next_on FROM ({inner}) t GROUP BY t.contact_id) q"
            " ON q.contact_id = c.contact_id",
            f"CROSS JOIN LATERAL (SELECT {places} OFFSET 0) p",
            f"CROSS JOIN LATERAL (SELECT {found}, q.next_on OFFSET 0) f",
        ]

    def _days(self, scope: Scope) -> str:
        ids = ", ".join(map(str, _signals(self._names)))
        return (
            f"FROM signal_daily d WHERE {scope.of('d.contact_id')}"
            f" AND d.signal_id = ANY(ARRAY[{ids}]){self._oldest()}"
        )

    def _oldest(self) -> str:
        """That days before every window are passed over, where all aggregates have one."""
        begins: dict[str, None] = {}
        for feature in self._names:
            if feature.what == "ends":
                continue
            window = Span(feature.fade, "day") if feature.fade else feature.window
            if window is None:
                return ""
            low, _high = dates.edges(self.params, window)
            begins[low] = None
        return f" AND d.day >= least({', '.join(begins)})"

    def _aggregate(self, feature: Feature, test: str) -> str:
        tests = [test] if test else []
        if feature.window is not None:
            tests.append(self._inside(feature.window))
        what = _AGGREGATES.get(feature.what, "")
        if feature.fade:
            fade, today = feature.fade, self.params.today()
            tests.append(f"d.day > {self.params.since(Span(fade, 'day'))}")
            column = "d.sum" if feature.what == "fade_sum" else "d.n"
            what = f"sum({column} * least({fade}, {fade} - ({today} - d.day)))"
        return f"{what} FILTER (WHERE {' AND '.join(tests)})" if tests else what

    def _inside(self, window: Window) -> str:
        """SQL that says whether a day lies in a window."""
        if isinstance(window, Span):
            return f"d.day > {self.params.since(window)}"
        low, high = windows.bounds(window)
        tests = [] if low is None else [f"d.day >= {dates.place(self.params, low)}"]
        tests += [] if high is None else [f"d.day <= {dates.place(self.params, high)}"]
        return " AND ".join(tests)

    def _leaves(self, window: Window) -> str:
        """SQL of a day before which a day neither leaves nor enters a window."""
        if not isinstance(window, Span):
            bounds = [b for b in windows.bounds(window) if isinstance(b, Moment)]
            return dates.least(dates.crosses(self.params, "d.day", bound) for bound in bounds)
        end = f"(d.day + {interval(window)})::date"
        inside = f"d.day > {self.params.since(window)}"
        return f"CASE WHEN {inside} THEN greatest({end}, {self.params.today()} + 1) END"

    def _next_on(self) -> str:
        """The first day on which a row of a contact leaves a window, or enters one."""
        arms: dict[int, list[str]] = {}
        today = self.params.today()
        for feature in self._names:
            if feature.what == "ends" and feature.window is not None:
                arm = self._leaves(feature.window)
            elif feature.fade:
                inside = f"d.day > {self.params.since(Span(feature.fade, 'day'))}"
                arm = f"CASE WHEN {inside} THEN {today} + 1 END"
            else:
                continue
            arms.setdefault(feature.signal_id, []).append(arm)
        if not arms:
            return "NULL::date"
        whens = [
            f"WHEN {signal_id} THEN least({', '.join(dict.fromkeys(found))})"
            for signal_id, found in sorted(arms.items())
        ]
        return f"min(CASE d.signal_id {' '.join(whens)} END)"


def _shape(feature: Feature) -> Feature:
    """What two features of different signals have in common."""
    return replace(feature, signal_id=0)


def _signals(features: Iterable[Feature]) -> list[int]:
    return sorted({feature.signal_id for feature in features})
