"""JSON to rule: every error of the tree at once, each with its exact path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from trellis.rules import private, types
from trellis.rules.counted import counted, keyed
from trellis.rules.operators import MANY, OPERATORS, PAIR, Operator
from trellis.rules.options import Options
from trellis.rules.reading import Values
from trellis.rules.registry import PROPS, Field
from trellis.rules.types import EventRef, Group, Leaf, Problem, Rule, RuleError

_OPTIONS = {
    "within", "not_since", "after", "by", "same", "channel", "for", "zone", "salt", "of"
}  # fmt: skip
_LEAF_KEYS = {"field", "event", "op", "value"} | _OPTIONS
_EVENT_TYPES = ("track", "page", "screen", "identify", "group", "alias", "system")


def parse(
    data: Any, fields: Mapping[str, Field], *, level: int | None = None, stored: bool = False
) -> Rule:
    """Read a rule from its JSON (the object, not text).

    With ``level``, fields of that level and above are refused, because they are derived
    later; with ``stored``, behaviour that no signal counts is refused. Raises
    ``RuleError`` with every problem found.
    """
    reader = _Reader(fields, level, stored)
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


def written(data: Any, fields: Mapping[str, Field], *, level: int | None = None) -> Rule:
    """Read a rule that somebody writes now, as ``parse`` does. Where they may not see private
    data, conditions that would spell it out are refused with
    ``VeiledRule``."""
    rule = parse(data, fields, level=level)
    if problems := private.problems(rule, fields):
        raise private.VeiledRule(problems)
    return rule


class _Reader:
    def __init__(
        self, fields: Mapping[str, Field], level: int | None, stored: bool = False
    ) -> None:
        self.fields = fields
        self.level = level
        self.stored = stored
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
        read_as = _value_type(kind, operator, data.get("value"))
        value = Values(self.problem, field, read_as).read(operator, data, _join(path, "value"))
        options = Options(self.problem, self.fields, field, operator).read(data, path)
        if len(self.problems) > before:
            return None
        name = "" if event is not None else field.key
        leaf = Leaf(name, operator.key, value, kind, event=event, **options)
        return self.checked(leaf, path)

    def checked(self, leaf: Leaf, path: str) -> Leaf | None:
        """A leaf that fits what it reads."""
        if self.fields is PROPS and types.moves(leaf):
            self.problem(_join(path, "op"), _("a filter cannot depend on the day it is read"))
            return None
        behaved = leaf.type == types.SIGNAL and leaf.event is None
        if OPERATORS[leaf.op].valued and not self.stored and not self.keeps(leaf):
            place = "op" if behaved else "event.value_prop"
            self.problem(_join(path, place), _("names no property to look at"))
            return None
        if self.stored and behaved and counted(leaf, self.fields) is None:
            self.problem(_join(path, "field"), _("no signal counts this"))
            return None
        if self.stored and None in keyed(leaf, self.fields):
            self.problem(_join(path, "same"), _("no signal counts this"))
            return None
        return leaf

    def keeps(self, leaf: Leaf) -> bool:
        """Whether what a leaf counts keeps the value of a property."""
        event = leaf.event or self.fields[leaf.field].event
        return event is None or bool(event.value_prop)

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


def _value_type(kind: str, operator: Operator, value: Any) -> str:
    """The type that a leaf's value is read as: that of the leaf, or, beside the values that
    a signal keeps, the one it has itself."""
    if not operator.valued:
        return kind
    first = value[0] if isinstance(value, list) and value else value
    if operator.value == MANY and isinstance(first, bool):
        return types.BOOLEAN
    if operator.value == MANY and isinstance(first, int | float):
        return types.NUMBER
    return types.TEXT


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
