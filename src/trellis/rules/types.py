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
ANY = "any"
"""The types a field can have. ``any`` is an event's property, whose leaves take the type
that their operator and value imply."""

UNITS = ("day", "week", "month")
GROUPS = ("all", "any", "none")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in whole days, weeks or calendar months."""

    n: int
    unit: str


Scalar: TypeAlias = str | bool | Decimal | date
Value: TypeAlias = Scalar | tuple[Scalar, ...] | Span | None


@dataclass(frozen=True, slots=True)
class EventRef:
    """Behaviour named inline: an event and a filter over its properties."""

    type: str
    name: str
    filter: Rule | None = None
    value_prop: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. ``type`` is the type its value is compared as.

    ``within`` is the window of a signal; ``not_since`` and ``after`` name a second signal;
    ``channel`` narrows a consent. ``event`` stands instead of ``field`` until ``lower``.
    """

    field: str
    op: str
    value: Value
    type: str
    within: Span | None = None
    not_since: str = ""
    after: str = ""
    channel: str = ""
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
        keys.update(f"signal.{key}" for key in (leaf.not_since, leaf.after) if key)
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
        out["within"] = _plain(rule.within)
    for name in ("not_since", "after", "channel"):
        if getattr(rule, name):
            out[name] = getattr(rule, name)
    return out


def event_json(event: EventRef) -> dict[str, Any]:
    """The JSON of an inline event."""
    out: dict[str, Any] = {"type": event.type, "name": event.name}
    if event.filter is not None:
        out["filter"] = to_json(event.filter)
    if event.value_prop:
        out["value_prop"] = event.value_prop
    return out


def _plain(value: Value) -> Any:
    if isinstance(value, Span):
        return {"n": value.n, "unit": value.unit}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


Json: TypeAlias = Mapping[str, Any]
