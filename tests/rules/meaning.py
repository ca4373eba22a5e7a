"""What rules mean, written a second time in plain Python, for the tests to compare with."""

from __future__ import annotations

import calendar
import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones


@dataclass
class Day:
    """What a contact did on one day."""

    day: date
    n: int
    total: float
    first_at: datetime
    last_at: datetime
    kept: list[tuple[datetime, Any]] = field(default_factory=list)


@dataclass
class Person:
    """All that rules can read of a contact."""

    columns: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    signals: dict[str, list[Day]] = field(default_factory=dict)
    consents: list[tuple[datetime, str, str, bool]] = field(default_factory=list)
    segments: dict[str, datetime] = field(default_factory=dict)
    journeys: set[str] = field(default_factory=set)
    touches: list[tuple[datetime, str]] = field(default_factory=list)
    devices: list[tuple[str, str]] = field(default_factory=list)
    scores: list[tuple[date, int]] = field(default_factory=list)
    number: int = 0


NEGATIVE = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "has_not": "has",
    "empty": "not_empty",
    "not_within_last": "within_last",
    "not_between": "between",
    "contains_none": "contains_any",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_like": "like",
    "not_regex": "regex",
    "not_during": "during",
    "not_given": "given",
    "latest_not_in": "latest_in",
    "earliest_not_in": "earliest_in",
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
        return any(
            "for" not in rule or _day_in(at) <= back(today, rule["for"])
            for key, at in p.segments.items()
            if key in rule["value"]
        )
    if name.startswith("consent."):
        return _consented(rule, p, today)
    if name.startswith("signal."):
        return _behaved(rule, p, today)
    if name == "random":
        low, high = rule["value"]
        text = f"{rule.get('salt', '')}:{p.number}"
        digest = hashlib.sha256(text.encode()).digest()
        return low <= int.from_bytes(digest[:4], "big") * 100 / 2**32 < high
    good = _compares(rule, _value(name, p, types[name], rule), today, types[name])
    if "for" in rule and name == "score":
        return good and _scored_since(rule, p, today) <= back(today, rule["for"])
    if "for" in rule:
        since = p.columns[f"{name}.since"]
        return good and since is not None and since <= back(today, rule["for"])
    return good


def _scored_since(rule: dict[str, Any], p: Person, today: date) -> date:
    """Since when the score has been like that at the end of every day, found by walking."""
    rows = sorted(p.scores)
    since = today
    for _ in range(200):
        day = since - timedelta(days=1)
        stood = next((score for at, score in reversed(rows) if at <= day), 0)
        if not _compares(rule, stood, today, "number"):
            return since
        since = day
    return _day_in(p.columns["standing.last_seen"])


def _consented(rule: dict[str, Any], p: Person, today: date) -> bool:
    _, purpose, *what = rule["field"].split(".")
    rows = [
        row
        for row in p.consents
        if row[1] == purpose and ("channel" not in rule or row[2] in (rule["channel"], "*"))
    ]
    if not rows:
        return False
    at, _purpose, channel, given = max(rows, key=lambda row: row[0])
    if what == ["at"]:
        return _compares(rule, _day_in(at), today, "date")
    if what == ["source"]:
        return _compares(rule, f"form {channel}", today, "text")
    good = given if rule["op"] == "given" else not given
    return good and ("for" not in rule or _day_in(at) <= back(today, rule["for"]))


def _behaved(rule: dict[str, Any], p: Person, today: date) -> bool:
    days = p.signals.get(rule["field"].removeprefix("signal."), [])
    op, value = rule["op"], rule.get("value")
    seen = [d for d in days if "within" not in rule or _inside(d.day, rule["within"], today)]
    if op in ("followed", "not_followed"):
        found = [seen, *(p.signals.get(rule.get(name, ""), []) for name in ("by", "not_since"))]
        if "same" not in rule:
            return _followed(rule, found, today)
        said = {text_of(raw) for d in seen for _at, raw in d.kept}
        return any(
            _followed(rule, [_apart(days, value) for days in found], today) for value in said
        )
    last = max((d.last_at for d in days), default=None)
    if op.startswith(("last_", "first_")):
        if not days:
            return False
        at = (max if op.startswith("last") else min)(d.day for d in days)
        if op.endswith("during"):
            good = _inside(at, value, today)
        else:
            good = (at > back(today, value)) == op.endswith("within")
    elif op.startswith(("max_", "min_", "latest_", "earliest_")):
        good = _kept(op, value, sorted((pair for d in seen for pair in d.kept), key=_time))
    else:
        good = _counts(op, value, seen)
    if good and "not_since" in rule:
        other = p.signals.get(rule["not_since"], [])
        good = not (other and last and max(d.last_at for d in other) > last)
    if good and "after" in rule:
        other = p.signals.get(rule["after"], [])
        good = bool(other and last and min(d.first_at for d in other) < last)
    return good


def _counts(op: str, value: Any, seen: list[Day]) -> bool:
    n = sum(d.n for d in seen)
    if op.startswith("sum"):
        n = sum(d.total for d in seen)
    elif op.startswith("days"):
        n = len(seen)
    elif op.startswith("avg"):
        if not n:
            return False
        n = sum(d.total for d in seen) / n
    tests = {
        "gte": lambda: n >= value,
        "gt": lambda: n > value,
        "lte": lambda: n <= value,
        "lt": lambda: n < value,
        "eq": lambda: n == value,
        "between": lambda: value[0] <= n <= value[1],
        "did": lambda: n > 0,
        "not": lambda: n == 0,
    }
    return tests[op.split("_")[-1]]()


def _time(pair: tuple[datetime, Any]) -> datetime:
    return pair[0]


def _kept(op: str, value: Any, kept: list[tuple[datetime, Any]]) -> bool:
    """Whether the greatest, smallest, last or first of the kept values is as asked."""
    which, _, test = op.partition("_")
    found = [raw for _at, raw in kept]
    if which in ("max", "min"):
        found = [number for raw in found if (number := number_in(raw)) is not None]
        found = [max(found) if which == "max" else min(found)] if found else []
    if not found:
        return False
    x = found[-1 if which == "latest" else 0]
    if test == "in":
        asked = value if isinstance(value, list) else [value]
        if isinstance(asked[0], str | bool):
            return _fold(text_of(x)) in [_fold(text_of(item)) for item in asked]
        return number_in(x) in asked
    if test == "contains":
        return _fold(value) in _fold(text_of(x))
    n = number_in(x)
    if n is None:
        return False
    return {"gte": n >= value, "gt": n > value, "lte": n <= value, "lt": n < value}[test]


def text_of(raw: Any) -> str:
    """A value as text."""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def number_in(raw: Any) -> float | None:
    """The number that a value is, or that its text spells."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str):
        return float(raw) if re.fullmatch(r"[+-]?\d{1,15}(\.\d+)?", raw) else None
    return float(raw)


def _apart(days: list[Day], value: str) -> list[Day]:
    """The days on which a value was kept, with the times of this value only."""
    found = []
    for d in days:
        times = [at for at, raw in d.kept if text_of(raw) == value]
        if times:
            found.append(Day(d.day, 1, 0, min(times), max(times)))
    return found


def _followed(rule: dict[str, Any], found: list[list[Day]], today: date) -> bool:
    seen, other, since = found
    missing = rule["op"] == "not_followed"
    last = max((b.last_at for b in other), default=None)
    if since and last is not None and max(d.last_at for d in since) > last:
        return False
    for a in seen:
        end = back(a.day, rule["value"], 1)
        hit = any(
            a.day < b.day <= end
            or (b.day == a.day and b.last_at > (a.last_at if missing else a.first_at))
            for b in other
        )
        if (not hit and end < today) if missing else hit:
            return True
    return False


def _inside(day: date, window: Any, today: date) -> bool:
    if isinstance(window, str):
        window = {"during": window}
    if "during" in window:
        low, high = period(window["during"], today)
        return low <= day <= high
    if "unit" in window:
        return day > back(today, window)
    low = _when(window["from"], today) if "from" in window else date.min
    high = _when(window["to"], today) if "to" in window else date.max
    return low <= day <= high


def period(key: str, today: date) -> tuple[date, date]:
    """The first and the last day of a calendar period, found by walking."""
    if key in NEAR:
        return (today + timedelta(days=NEAR[key]),) * 2
    which, unit = key.split("_")
    low, high = _around(today, unit)
    if which == "last":
        low, high = _around(low - timedelta(days=1), unit)
    elif which == "next":
        low, high = _around(high + timedelta(days=1), unit)
    return low, high


def _around(day: date, unit: str) -> tuple[date, date]:
    names = {
        "week": lambda d: d.isocalendar()[:2],
        "month": lambda d: (d.year, d.month),
        "quarter": lambda d: (d.year, (d.month - 1) // 3),
        "year": lambda d: d.year,
    }
    same = names[unit]
    low = high = day
    while same(low - timedelta(days=1)) == same(day):
        low -= timedelta(days=1)
    while same(high + timedelta(days=1)) == same(day):
        high += timedelta(days=1)
    return low, high


NEAR = {"today": 0, "yesterday": -1, "tomorrow": 1}


def _when(value: Any, today: date) -> date:
    """A date, or a day relative to today."""
    if isinstance(value, str):
        return (
            today + timedelta(days=NEAR[value]) if value in NEAR else date.fromisoformat(value)
        )
    unit, _, edge = value["day"].partition("_")
    span = {"n": value["n"], "unit": value["unit"]}
    if not edge:
        return back(today, span, 1)
    low, high = _around(today, unit)
    if edge == "start":
        return back(low, span, 1)
    if span["unit"] in ("month", "year") and unit != "week":
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        begin = back(back(low, span, 1), {"n": months, "unit": "month"}, 1)
        return begin - timedelta(days=1)
    return back(high, span, 1)


def _day_in(at: datetime, zone: str = "UTC") -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _value(name: str, p: Person, kind: str, rule: dict[str, Any]) -> Any:
    zone = p.columns["contact.time_zone"] if rule.get("zone") == "contact" else ""
    zone = zone if zone in available_timezones() else "UTC"
    if name in SETS:
        return SETS[name](p)
    if not name.startswith("attr."):
        found = p.columns[name]
        return _day_in(found, zone) if kind == "date" and found is not None else found
    raw = p.attributes.get(name.removeprefix("attr."))
    if kind == "number":
        if isinstance(raw, str) and re.fullmatch(r"-?[0-9]{1,18}([.][0-9]{1,9})?", raw):
            return float(raw)
        return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(raw).lower())
    if kind == "date":
        return _day(raw, zone)
    if kind == "list":
        return raw if isinstance(raw, list) else [raw] if isinstance(raw, str) else []
    return raw


SETS: dict[str, Callable[[Person], Any]] = {
    "contact.os": lambda p: sorted({system for _form, system in p.devices if system}),
    "contact.device": lambda p: sorted({form for form, _system in p.devices if form}),
    "journey.ever": lambda p: sorted(p.journeys),
    "touch.first.utm_campaign": lambda p: min(p.touches)[1] if p.touches else None,
    "touch.any.utm_campaign": lambda p: sorted({found for _, found in p.touches if found}),
}
"""What is read of several rows."""


def _day(raw: Any, zone: str) -> date | None:
    if not isinstance(raw, str) or not re.match(r"\d{4}-\d{2}-\d{2}", raw):
        return None
    try:
        at = datetime.fromisoformat(raw)
        return _day_in(at, zone) if len(raw) > 10 else at.date()
    except ValueError:
        return None


def _compares(rule: dict[str, Any], x: Any, today: date, kind: str) -> bool:
    op, value = rule["op"], rule.get("value")
    if op == "not_empty":
        return x not in (None, "", [])
    if op == "has":
        wanted = {_fold(item) for item in ([value] if isinstance(value, str) else value)}
        return bool(wanted & {_fold(str(item)) for item in x})
    if op == "has_all":
        return {_fold(item) for item in value} <= {_fold(str(item)) for item in x}
    if op == "has_part":
        return any(_fold(value) in _fold(str(item)) for item in x)
    if x is None:
        return False
    if op == "regex":
        return re.search(value, x, re.IGNORECASE) is not None
    if op == "like":
        parts = [{"*": ".*", "?": "."}.get(c, re.escape(c)) for c in _fold(value)]
        return re.fullmatch("".join(parts), _fold(x), re.DOTALL) is not None
    if kind == "date" and op not in PLAIN_DATES:
        return _dated(op, value, x, today)
    if kind == "text":
        x = _fold(x)
    items = value if isinstance(value, list) else [value]
    values = [_operand(item, kind, today) for item in items]
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
        "contains_any": lambda: any(value in x for value in values),
        "contains": lambda: v in x,
        "starts_with": lambda: x.startswith(v),
        "ends_with": lambda: x.endswith(v),
    }
    return tests[op]()


PLAIN_DATES = ("eq", "gt", "gte", "lt", "lte", "before", "after", "between", "not_empty")
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _dated(op: str, value: Any, x: date, today: date) -> bool:
    if op == "weekday_in":
        return DAYS[x.weekday()] in value
    if op == "month_in":
        return x.month in value
    if op == "during":
        return _inside(x, value, today)
    if op == "yearly_on":
        return returns(x, _when(value, today))
    if op == "yearly_during":
        return any(returns(x, day) for day in _walk(*period(value, today)))
    before, until = back(today, value), back(today, value, 1)
    tests = {
        "within_last": lambda: before < x <= today,
        "within_next": lambda: today <= x < until,
        "longer_ago": lambda: x <= before,
        "further_ahead": lambda: x >= until,
        "yearly_within_next": lambda: any(
            returns(x, day) for day in _walk(today, until - timedelta(days=1))
        ),
        "yearly_within_last": lambda: any(
            returns(x, day) for day in _walk(before + timedelta(days=1), today)
        ),
    }
    return tests[op]()


def returns(x: date, day: date) -> bool:
    """Whether a day is the yearly return of another."""
    if (x.month, x.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (x.month, x.day) == (day.month, day.day)


def _walk(low: date, high: date) -> list[date]:
    return [low + timedelta(days=n) for n in range((high - low).days + 1)]


def _operand(value: Any, kind: str, today: date) -> Any:
    if kind == "date":
        return _when(value, today)
    return _fold(value) if kind == "text" else value


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def back(today: date, span: dict[str, Any], sign: int = -1) -> date:
    """Today moved by a span."""
    n = sign * span["n"] * (12 if span["unit"] == "year" else 1)
    if span["unit"] not in ("month", "year"):
        return today + timedelta(days=n * (7 if span["unit"] == "week" else 1))
    years, month = divmod(today.month - 1 + n, 12)
    year = today.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last))
