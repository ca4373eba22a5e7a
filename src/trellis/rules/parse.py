"""JSON to rule: every error of the tree at once, each with its exact path."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

from trellis.rules import types
from trellis.rules.operators import (
    AMOUNT,
    COUNT,
    MANY,
    NONE,
    ONE,
    OPERATORS,
    PAIR,
    PATTERN,
    SPAN,
    Operator,
)
from trellis.rules.registry import PROPS, Field
from trellis.rules.types import (
    EventRef,
    Group,
    Leaf,
    Problem,
    Rule,
    RuleError,
    Scalar,
    Span,
    Value,
)

_LEAF_KEYS = {"field", "event", "op", "value", "within", "not_since", "after", "channel"}
_EVENT_TYPES = ("track", "page", "screen", "identify", "group", "alias", "system")
_SPAN_LIMIT = 3_650
_BACK_REFERENCE = ("\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "\\8", "\\9")


def parse(data: Any, fields: Mapping[str, Field], *, level: int | None = None) -> Rule:
    """Read a rule from its JSON (the object, not text).

    With ``level``, fields of that level and above are refused, because they are derived
    later. Raises ``RuleError`` with every problem found.
    """
    reader = _Reader(fields, level)
    if isinstance(data, Mapping):
        data = dict(data)
        version = data.pop("version", types.VERSION)
        if version != types.VERSION:
            reader.problem("version", _("must be %(n)s") % {"n": types.VERSION})
    rule = types.NOBODY if data == {} else reader.node(data, "", 1)
    if reader.leaves > types.MAX_LEAVES:
        reader.problem("", _("has more than %(n)s conditions") % {"n": types.MAX_LEAVES})
    if reader.problems or rule is None:
        raise RuleError(reader.problems)
    return rule


class _Reader:
    def __init__(self, fields: Mapping[str, Field], level: int | None) -> None:
        self.fields = fields
        self.level = level
        self.problems: list[Problem] = []
        self.leaves = 0

    def problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def node(self, data: Any, path: str, depth: int) -> Rule | None:
        if not isinstance(data, Mapping):
            self.problem(path, _("must be an object"))
            return None
        if depth > types.MAX_DEPTH:
            self.problem(path, _("is nested deeper than %(n)s") % {"n": types.MAX_DEPTH})
            return None
        kinds = [kind for kind in types.GROUPS if kind in data]
        if not kinds:
            return self.leaf(data, path)
        if len(data) != 1:
            self.problem(path, _("a group has exactly one of all, any, none"))
            return None
        kind = kinds[0]
        place = _join(path, kind)
        if not isinstance(data[kind], list):
            self.problem(place, _("must be a list"))
            return None
        parts = [
            self.node(part, f"{place}[{i}]", depth + 1) for i, part in enumerate(data[kind])
        ]
        return Group(kind, tuple(part for part in parts if part is not None))

    def leaf(self, data: Mapping[str, Any], path: str) -> Rule | None:
        self.leaves += 1
        before = len(self.problems)
        for key in sorted(set(map(str, data)) - _LEAF_KEYS):
            self.problem(_join(path, key), _("is not known here"))
        event = self.event(data["event"], _join(path, "event")) if "event" in data else None
        field = self.field(data, path)
        operator = self.operator(data, path)
        if field is None or operator is None or len(self.problems) > before:
            return None
        kind = _type_of(field, operator, data.get("value"))
        if kind not in operator.types:
            self.problem(
                _join(path, "op"),
                _("%(op)s does not fit %(field)s") % {"op": operator.key, "field": field.key},
            )
            return None
        if self.fields is PROPS and operator.value == SPAN:
            self.problem(_join(path, "op"), _("a filter cannot depend on the day it is read"))
            return None
        value = _Values(self, field, kind).read(operator, data, _join(path, "value"))
        options = self.options(operator, kind, data, path)
        if len(self.problems) > before:
            return None
        name = "" if event is not None else field.key
        return Leaf(name, operator.key, value, kind, event=event, **options)

    def field(self, data: Mapping[str, Any], path: str) -> Field | None:
        if "event" in data:
            if "field" in data:
                self.problem(path, _("has both field and event"))
            if self.fields is PROPS:
                self.problem(_join(path, "event"), _("is not known here"))
            return Field(key="event", label="", type=types.SIGNAL)
        key = data.get("field")
        place = _join(path, "field")
        if not isinstance(key, str):
            self.problem(place, _("must be the name of a field"))
            return None
        if key not in self.fields:
            self.problem(place, _("there is no field %(key)s") % {"key": key})
            return None
        field = self.fields[key]
        if self.level is not None and field.level >= self.level:
            self.problem(place, _("%(key)s is derived later than this rule") % {"key": key})
            return None
        return field

    def operator(self, data: Mapping[str, Any], path: str) -> Operator | None:
        key = data.get("op")
        if not isinstance(key, str) or key not in OPERATORS:
            self.problem(_join(path, "op"), _("must be the name of an operator"))
            return None
        return OPERATORS[key]

    def options(
        self, operator: Operator, kind: str, data: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "within" in data:
            if operator.windowed:
                found["within"] = self.span(data["within"], _join(path, "within"))
            else:
                self.problem(_join(path, "within"), _("does not fit this operator"))
        for name in ("not_since", "after"):
            if name in data:
                found[name] = self.other_signal(operator, data[name], _join(path, name))
        if "channel" in data:
            channel = data["channel"]
            if kind != types.CONSENT:
                self.problem(_join(path, "channel"), _("does not fit this operator"))
            elif not isinstance(channel, str) or not 0 < len(channel) <= 12:
                self.problem(_join(path, "channel"), _("must be the name of a channel"))
            else:
                found["channel"] = channel
        return found

    def other_signal(self, operator: Operator, key: Any, path: str) -> str:
        if not operator.ordered:
            self.problem(path, _("does not fit this operator"))
        elif not isinstance(key, str) or f"signal.{key}" not in self.fields:
            self.problem(path, _("there is no signal %(key)s") % {"key": key})
        else:
            return key
        return ""

    def event(self, data: Any, path: str) -> EventRef | None:
        if not isinstance(data, Mapping):
            self.problem(path, _("must be an object"))
            return None
        for key in sorted(set(map(str, data)) - {"type", "name", "filter", "value_prop"}):
            self.problem(_join(path, key), _("is not known here"))
        if data.get("type") not in _EVENT_TYPES:
            self.problem(
                _join(path, "type"),
                _("must be one of %(all)s") % {"all": ", ".join(_EVENT_TYPES)},
            )
        name = data.get("name")
        if not isinstance(name, str) or not 0 < len(name) <= 200:
            self.problem(_join(path, "name"), _("must be the name of an event"))
        prop = data.get("value_prop", "")
        if not isinstance(prop, str) or len(prop) > 64:
            self.problem(_join(path, "value_prop"), _("must be the name of a property"))
        condition = self.filter(data.get("filter"), _join(path, "filter"))
        return EventRef(str(data.get("type")), str(name), condition, str(prop))

    def filter(self, data: Any, path: str) -> Rule | None:
        if data is None or data == {}:
            return None
        inner = _Reader(PROPS, None)
        rule = inner.node(data, path, 1)
        self.problems += inner.problems
        self.leaves += inner.leaves
        return rule

    def span(self, data: Any, path: str) -> Span | None:
        if not isinstance(data, Mapping) or set(data) != {"n", "unit"}:
            self.problem(path, _('must be like {"n": 14, "unit": "day"}'))
            return None
        n, unit = data["n"], data["unit"]
        if not isinstance(n, int) or isinstance(n, bool) or not 0 < n <= _SPAN_LIMIT:
            self.problem(
                _join(path, "n"),
                _("must be a whole number from 1 to %(n)s") % {"n": _SPAN_LIMIT},
            )
            return None
        if unit not in types.UNITS:
            self.problem(
                _join(path, "unit"),
                _("must be one of %(all)s") % {"all": ", ".join(types.UNITS)},
            )
            return None
        return Span(n, unit)


class _Values:
    """Reads the value of one leaf in the shape its operator wants."""

    def __init__(self, reader: _Reader, field: Field, kind: str) -> None:
        self.reader = reader
        self.field = field
        self.kind = kind

    def read(self, operator: Operator, data: Mapping[str, Any], path: str) -> Value:
        if operator.value == NONE:
            if data.get("value") is not None:
                self.reader.problem(path, _("must be left out"))
            return None
        if "value" not in data:
            self.reader.problem(path, _("is missing"))
            return None
        shapes: dict[str, Callable[[Any, str], Value]] = {
            ONE: self.one,
            MANY: self.many,
            PAIR: self.pair,
            SPAN: self.reader.span,
            COUNT: self.count,
            AMOUNT: self.number,
            PATTERN: self.pattern,
        }
        return shapes[operator.value](data["value"], path)

    def one(self, data: Any, path: str) -> Scalar | None:
        readers: dict[str, Callable[[Any, str], Scalar | None]] = {
            types.NUMBER: self.number,
            types.BOOLEAN: self.boolean,
            types.DATE: self.day,
            types.CHOICE: self.choice,
            types.SEGMENT: self.choice,
        }
        return readers.get(self.kind, self.text)(data, path)

    def many(self, data: Any, path: str) -> Value:
        items = data if isinstance(data, list) else [data]
        if not 0 < len(items) <= types.MAX_VALUES:
            self.reader.problem(
                path, _("must have 1 to %(n)s values") % {"n": types.MAX_VALUES}
            )
            return None
        if not isinstance(data, list):
            found = [self.one(data, path)]
        else:
            found = [self.one(item, f"{path}[{i}]") for i, item in enumerate(items)]
        return tuple(dict.fromkeys(item for item in found if item is not None))

    def pair(self, data: Any, path: str) -> Value:
        if not isinstance(data, list) or len(data) != 2:
            self.reader.problem(path, _("must be a list of two values"))
            return None
        low, high = (self.one(item, f"{path}[{i}]") for i, item in enumerate(data))
        if low is None or high is None:
            return None
        if low > high:  # type: ignore[operator]  # both are numbers, or both are dates
            self.reader.problem(path, _("begins after it ends"))
        return (low, high)

    def text(self, data: Any, path: str) -> str | None:
        if not isinstance(data, str) or not data or "\x00" in data:
            self.reader.problem(path, _("must be a text"))
            return None
        if len(data) > types.MAX_TEXT:
            self.reader.problem(
                path, _("is longer than %(n)s characters") % {"n": types.MAX_TEXT}
            )
            return None
        try:
            data.encode()
        except UnicodeEncodeError:
            self.reader.problem(path, _("must be a text"))
            return None
        return unicodedata.normalize("NFC", data)

    def number(self, data: Any, path: str) -> Decimal | None:
        good = isinstance(data, int | float) and not isinstance(data, bool)
        if not good or not math.isfinite(data) or abs(data) >= 1e18:
            self.reader.problem(path, _("must be a number"))
            return None
        return Decimal(repr(data))

    def count(self, data: Any, path: str) -> Decimal | None:
        if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= 1_000_000:
            self.reader.problem(path, _("must be a whole number from 0"))
            return None
        return Decimal(data)

    def boolean(self, data: Any, path: str) -> bool | None:
        if not isinstance(data, bool):
            self.reader.problem(path, _("must be true or false"))
            return None
        return data

    def day(self, data: Any, path: str) -> date | None:
        try:
            return date.fromisoformat(data if isinstance(data, str) else "")
        except ValueError:
            self.reader.problem(path, _("must be a date like 2026-11-23"))
            return None

    def choice(self, data: Any, path: str) -> str | None:
        if not isinstance(data, str) or self.field.choice(data) is None:
            self.reader.problem(
                path, _("%(value)s is not one of the choices") % {"value": json.dumps(data)}
            )
            return None
        return data

    def pattern(self, data: Any, path: str) -> str | None:
        text = self.text(data, path)
        if text is not None and (why := pattern_problem(text)):
            self.reader.problem(path, why)
            return None
        return text


def pattern_problem(pattern: str) -> str:
    """Why PostgreSQL would not run a regular expression safely; "" where it would.

    Back-references are refused: they are the one construct whose time is not bounded by
    the length of text and pattern.
    """
    if len(pattern) > 200:
        return _("is longer than %(n)s characters") % {"n": 200}
    if any(mark in pattern for mark in _BACK_REFERENCE):
        return _("must not use back-references")
    return _database_refuses(pattern)


@lru_cache(maxsize=1_000)
def _database_refuses(pattern: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~* %s", [pattern])
    except DataError as error:
        return str(error.__cause__ or error).splitlines()[0]
    return ""


def _type_of(field: Field, operator: Operator, value: Any) -> str:
    """The type a leaf compares as: the field's own, or, for a property, the one that
    operator and value imply."""
    if field.type != types.ANY:
        return field.type
    if isinstance(value, list) and value and operator.value in (MANY, PAIR):
        value = value[0]
    if types.LIST in operator.types and operator.value == MANY:
        return types.LIST
    if isinstance(value, bool) and types.BOOLEAN in operator.types:
        return types.BOOLEAN
    if isinstance(value, int | float) and types.NUMBER in operator.types:
        return types.NUMBER
    if types.TEXT in operator.types:
        return types.TEXT
    return types.DATE if types.DATE in operator.types else types.NUMBER


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
