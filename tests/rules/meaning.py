"""What rules mean, written a second time in plain Python, for the tests to compare with."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass
class Day:
    """What a contact did on one day."""

    day: date
    n: int
    total: float
    first_at: datetime
    last_at: datetime


@dataclass
class Person:
    """All that rules can read of a contact."""

    columns: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    signals: dict[str, list[Day]] = field(default_factory=dict)
    consents: list[tuple[datetime, str, str, bool]] = field(default_factory=list)
    segments: set[str] = field(default_factory=set)


NEGATIVE = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "has_not": "has",
    "empty": "not_empty",
    "not_within_last": "within_last",
    "not_given": "given",
}


def holds(rule: dict[str, Any], person: Person, today: date, types: dict[str, str]) -> bool:
    """Whether a rule, as JSON, holds for a person."""
    if not conditions(rule):
        return False
    for kind in ("all", "any", "none"):
        if kind in rule:
            found = [holds(part, person, today, types) for part in rule[kind]]
            return {"all": all, "any": any, "none": lambda x: not any(x)}[kind](found)
    op = rule["op"]
    if op in NEGATIVE:
        return not _positive({**rule, "op": NEGATIVE[op]}, person, today, types)
    return _positive(rule, person, today, types)


def conditions(rule: dict[str, Any]) -> int:
    """How many leaves a rule has."""
    if "op" in rule:
        return 1
    return sum(conditions(part) for parts in rule.values() for part in parts)


def _positive(rule: dict[str, Any], p: Person, today: date, types: dict[str, str]) -> bool:
    name = rule["field"]
    if name == "segment":
        return bool(p.segments & set(rule["value"]))
    if name.startswith("consent."):
        rows = [
            row
            for row in p.consents
            if row[1] == name.removeprefix("consent.")
            and ("channel" not in rule or row[2] in (rule["channel"], "*"))
        ]
        return bool(rows) and max(rows, key=lambda row: row[0])[3]
    if name.startswith("signal."):
        return _behaved(rule, p, today)
    return _compares(rule, _value(name, p, types[name]), today, types[name])


def _behaved(rule: dict[str, Any], p: Person, today: date) -> bool:
    days = p.signals.get(rule["field"].removeprefix("signal."), [])
    op, value = rule["op"], rule.get("value")
    if op.startswith(("last_", "first_")):
        if not days:
            return False
        at = (max if op.startswith("last") else min)(d.day for d in days)
        inside = at > back(today, value)
        return inside if op.endswith("within") else not inside
    seen = [d for d in days if "within" not in rule or d.day > back(today, rule["within"])]
    n = sum(d.total for d in seen) if op.startswith("sum") else sum(d.n for d in seen)
    tests = {
        "gte": lambda: n >= value,
        "gt": lambda: n > value,
        "lte": lambda: n <= value,
        "lt": lambda: n < value,
        "eq": lambda: n == value,
        "did": lambda: n > 0,
        "not": lambda: n == 0,
    }
    good = tests[op.split("_")[-1]]()
    last = max((d.last_at for d in days), default=None)
    if good and "not_since" in rule:
        other = p.signals.get(rule["not_since"], [])
        good = not (other and last and max(d.last_at for d in other) > last)
    if good and "after" in rule:
        other = p.signals.get(rule["after"], [])
        good = bool(other and last and min(d.first_at for d in other) < last)
    return good


def _value(name: str, p: Person, kind: str) -> Any:
    if not name.startswith("attr."):
        found = p.columns[name]
        if kind == "date" and found is not None:
            return found.astimezone(ZoneInfo("UTC")).date()
        return found
    raw = p.attributes.get(name.removeprefix("attr."))
    if kind == "number":
        if isinstance(raw, str) and re.fullmatch(r"-?[0-9]{1,18}([.][0-9]{1,9})?", raw):
            return float(raw)
        return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(raw).lower())
    if kind == "date":
        return _day(raw)
    if kind == "list":
        return raw if isinstance(raw, list) else [raw] if isinstance(raw, str) else []
    return raw


def _day(raw: Any) -> date | None:
    if not isinstance(raw, str) or not re.match(r"\d{4}-\d{2}-\d{2}", raw):
        return None
    try:
        return datetime.fromisoformat(raw).date()
    except ValueError:
        return None


def _compares(rule: dict[str, Any], x: Any, today: date, kind: str) -> bool:
    op, value = rule["op"], rule.get("value")
    if op == "not_empty":
        return x not in (None, "", [])
    if op == "has":
        wanted = {_fold(item) for item in ([value] if isinstance(value, str) else value)}
        return bool(wanted & {_fold(str(item)) for item in x})
    if x is None:
        return False
    if op == "regex":
        return re.search(value, x, re.IGNORECASE) is not None
    if op == "within_last":
        return back(today, value) < x <= today
    if op == "within_next":
        return today <= x < back(today, value, 1)
    if kind == "text":
        x = _fold(x)
    values = [_operand(item, kind) for item in (value if isinstance(value, list) else [value])]
    v = values[0]
    tests = {
        "eq": lambda: x == v,
        "gt": lambda: x > v,
        "gte": lambda: x >= v,
        "lt": lambda: x < v,
        "lte": lambda: x <= v,
        "before": lambda: x < v,
        "after": lambda: x > v,
        "between": lambda: values[0] <= x <= values[1],
        "in": lambda: x in values,
        "contains": lambda: v in x,
        "starts_with": lambda: x.startswith(v),
        "ends_with": lambda: x.endswith(v),
    }
    return tests[op]()


def _operand(value: Any, kind: str) -> Any:
    if kind == "date":
        return date.fromisoformat(value)
    return _fold(value) if kind == "text" else value


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def back(today: date, span: dict[str, Any], sign: int = -1) -> date:
    """Today moved by a span."""
    n = sign * span["n"]
    if span["unit"] != "month":
        return today + timedelta(days=n * (7 if span["unit"] == "week" else 1))
    years, month = divmod(today.month - 1 + n, 12)
    year = today.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last))
