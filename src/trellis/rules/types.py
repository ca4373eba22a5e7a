"""The rule: a small frozen tree of groups and leaves, parsed once from JSON.

A leaf always holds or does not hold; there is no third value. A missing value makes every
positive operator not hold, and each negative operator (``ne``, ``not_in``, ``did_not`` …)
is exactly the negation of its positive one. A group without any condition in it holds
for nobody, whatever its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from typing_extensions import override

from trellis.core.errors import InvalidInput

VERSION = 1
"""Version of the JSON schema; stored rules may carry it as ``"version"`` at the top."""

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_VALUES = 500
MAX_TEXT = 1_000

TEXT = "text"
NUMBER = "number"
BOOLEAN = "boolean"
DATE = "date"
LIST = "list"
CHOICE = "choice"
SEGMENT = "segment"
CONSENT = "consent"
SIGNAL = "signal"
CHOICES = "choices"
RANDOM = "random"
ANY = "any"
"""The types a field can have. ``choices`` has several of its choices at a time (journeys a
contact is in); ``random`` is a number that hangs on contact and salt alone; ``any`` is an
event's property, whose leaves take the type that their operator and value imply."""

UNITS = ("day", "week", "month", "year")
GROUPS = ("all", "any", "none")

ANCHORS = (
    "today",
    "week_start",
    "week_end",
    "month_start",
    "month_end",
    "quarter_start",
    "quarter_end",
    "year_start",
    "year_end",
)
"""Days that a relative day counts from; weeks begin on Monday."""

PERIODS = (
    "today",
    "yesterday",
    "tomorrow",
    "this_week",
    "last_week",
    "next_week",
    "this_month",
    "last_month",
    "next_month",
    "this_quarter",
    "last_quarter",
    "next_quarter",
    "this_year",
    "last_year",
    "next_year",
)
"""Stretches of the calendar around today."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in whole days, weeks, calendar months or years."""

    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A day relative to the day of reading: an anchor (``ANCHORS``), moved by ``n`` units."""

    anchor: str = "today"
    n: int = 0
    unit: str = "day"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar around the day of reading (``PERIODS``)."""

    key: str


Day: TypeAlias = date | Moment


@dataclass(frozen=True, slots=True)
class Range:
    """The days from one to another, both included; None where it is open."""

    begin: Day | None
    end: Day | None


Window: TypeAlias = Span | Range | Period
"""Days that a condition looks at: the last n days, from … to …, or a calendar period."""

Scalar: TypeAlias = str | bool | Decimal | date | Moment
Value: TypeAlias = Scalar | tuple[Scalar, ...] | Window | None


@dataclass(frozen=True, slots=True)
class EventRef:
    """Behaviour named inline: an event and a filter over its properties. ``each`` keeps the
    times of every value of ``value_prop`` apart; rules never say it, ``same`` needs it."""

    type: str
    name: str
    filter: Rule | None = None
    value_prop: str = ""
    each: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. ``type`` is the type its value is compared as.

    ``within`` is the window of a signal; ``not_since``, ``after`` and ``by`` name a second
    signal; ``same`` the property whose value must be the same in all of them; ``channel`` narrows a consent; ``held`` is for how long it has been so (``for``
    in JSON); ``zone`` is "contact" where times are read as days of the contact's own zone;
    ``salt`` tells random shares apart; ``of`` narrows behaviour: (key, values) pairs.
    ``event`` stands instead of ``field`` until ``lower``.
    """

    field: str
    op: str
    value: Value
    type: str
    within: Window | None = None
    not_since: str = ""
    after: str = ""
    by: str = ""
    same: str = ""
    channel: str = ""
    held: Span | None = None
    zone: str = ""
    salt: str = ""
    of: tuple[tuple[str, tuple[str, ...]], ...] = ()
    event: EventRef | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """``all``, ``any`` or ``none`` of its parts."""

    kind: str
    parts: tuple[Rule, ...] = ()


Rule: TypeAlias = Group | Leaf

NOBODY = Group("all")
"""The empty rule: holds for nobody."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule, and where: ``all[2].value`` … ``""`` is the whole rule."""

    path: str
    message: str

    @override
    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class RuleError(InvalidInput):
    """The rule is not valid."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(
            "; ".join(str(problem) for problem in problems),
            problems=[{"path": p.path, "message": p.message} for p in problems],
        )


def leaves(rule: Rule) -> Iterator[Leaf]:
    """All leaves, left to right."""
    if isinstance(rule, Leaf):
        yield rule
        return
    for part in rule.parts:
        yield from leaves(part)


def is_empty(rule: Rule) -> bool:
    """Whether the rule has no condition at all, so that it holds for nobody."""
    return next(leaves(rule), None) is None


def fields_of(rule: Rule) -> set[str]:
    """The keys of all fields the rule reads, second signals included."""
    keys = set()
    for leaf in leaves(rule):
        keys.add(leaf.field)
        keys.update(f"signal.{key}" for key in (leaf.not_since, leaf.after, leaf.by) if key)
    return keys - {""}


def to_json(rule: Rule) -> dict[str, Any]:
    """The JSON that ``parse`` reads back into an equal rule."""
    if isinstance(rule, Group):
        return {rule.kind: [to_json(part) for part in rule.parts]}
    out: dict[str, Any] = {}
    if rule.event is not None:
        out["event"] = event_json(rule.event)
    else:
        out["field"] = rule.field
    out["op"] = rule.op
    if rule.value is not None:
        out["value"] = _plain(rule.value)
    if rule.within is not None:
        out["within"] = window_json(rule.within)
    if rule.held is not None:
        out["for"] = _plain(rule.held)
    for name in ("not_since", "after", "by", "same", "channel", "zone", "salt"):
        if getattr(rule, name):
            out[name] = getattr(rule, name)
    if rule.of:
        out["of"] = {key: list(values) for key, values in rule.of}
    return out


def window_json(window: Window) -> Any:
    """The JSON of a window."""
    return {"during": window.key} if isinstance(window, Period) else _plain(window)


def event_json(event: EventRef) -> dict[str, Any]:
    """The JSON of an inline event."""
    out: dict[str, Any] = {"type": event.type, "name": event.name}
    if event.filter is not None:
        out["filter"] = to_json(event.filter)
    if event.value_prop:
        out["value_prop"] = event.value_prop
    if event.each:
        out["each"] = True
    return out


def moves(leaf: Leaf) -> bool:
    """Whether the mere passing of days can change the answer of a leaf: its value or its
    window hangs on the day it is read, or a length of time must have passed."""
    return leaf.held is not None or _relative(leaf.within) or _relative(leaf.value)


def _relative(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(map(_relative, value))
    if isinstance(value, Range):
        return isinstance(value.begin, Moment) or isinstance(value.end, Moment)
    return isinstance(value, Span | Moment | Period)


def _plain(value: Value) -> Any:
    if isinstance(value, Span):
        return {"n": value.n, "unit": value.unit}
    if isinstance(value, Moment):
        if value == Moment():
            return "today"
        return {"day": value.anchor, "n": value.n, "unit": value.unit}
    if isinstance(value, Period):
        return value.key
    if isinstance(value, Range):
        ends = (("from", value.begin), ("to", value.end))
        return {name: _plain(day) for name, day in ends if day is not None}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


Json: TypeAlias = Mapping[str, Any]
