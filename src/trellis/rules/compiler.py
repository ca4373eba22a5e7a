"""Rules to SQL: one predicate per rule over one frame that reads each table once.

The invariant: SQL text is made of templates of the operator table, column names of the
field registry and ids of our own rows only; every value stands as a named parameter.

What rules need of behaviour becomes *features*: aggregates over ``signal_daily``, shared by
all rules of the statement, in one pass. A statement stays the same from day to day: today
and the beginnings of windows are parameters, made by ``Params.bind``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from trellis.core import clock
from trellis.rules import types
from trellis.rules.features import Feature, Features
from trellis.rules.operators import COUNT, MANY, NONE, OPERATORS, PAIR, SPAN, Operator
from trellis.rules.params import Params, Scope, Sql, interval
from trellis.rules.registry import PROPS, Field
from trellis.rules.types import Leaf, Rule, Scalar, Span, Value

_MEMBER = (
    "EXISTS (SELECT 1 FROM membership x WHERE x.contact_id = c.contact_id"
    " AND x.segment_id = {id})"
)

_TYPE_CASTS = {
    types.NUMBER: "numeric",
    types.BOOLEAN: "boolean",
    types.DATE: "date",
}


class Compiler:
    """Collects what some rules need, and hands out their predicates.

    ``columns`` replaces the stored value of a field by a column that the caller derives
    (``score``, ``temperature`` …); ``member`` likewise replaces the test for membership.
    With ``share``, what costs more than a look (JSON, lower case, days) is worked out once
    per row for all leaves: right for many rules, wrong for one that is mostly false early.
    """

    def __init__(
        self,
        fields: Mapping[str, Field],
        *,
        params: Params | None = None,
        columns: Mapping[str, str] | None = None,
        member: Callable[[int], str] | None = None,
        share: bool = False,
    ) -> None:
        self.fields = fields
        self.params = params or Params()
        self.columns = dict(columns or {})
        self.member = member or (lambda segment_id: _MEMBER.format(id=int(segment_id)))
        self.features = Features(self.params)
        self.consents: dict[tuple[str, str], str] = {}
        self.moving: list[str] = []
        self._share = share
        self._shared: dict[str, str] = {}

    def predicate(self, rule: Rule) -> str:
        """SQL that is true or false for each row of the frame, never NULL."""
        if isinstance(rule, Leaf):
            return self._leaf(rule)
        if types.is_empty(rule):
            return "false"
        parts = [self.predicate(part) for part in rule.parts]
        if rule.kind == "all":
            return f"({' AND '.join(parts)})"
        joined = f"({' OR '.join(parts)})"
        return joined if rule.kind == "any" else f"NOT {joined}"

    def feature(self, feature: Feature) -> str:
        """The column of an aggregate; NULL where nothing was counted."""
        return self.features.column(feature)

    def value(self, leaf: Leaf) -> str:
        """SQL of the value a leaf looks at, as jsonb, for the explanation."""
        if leaf.type == types.SIGNAL:
            return f"to_jsonb({self._counted(leaf)[_LOOKS_AT[_stem(leaf.op)]]})"
        if leaf.type == types.SEGMENT:
            field = self.fields[leaf.field]
            pairs = [
                f"CASE WHEN {self.member(int(choice.id))}"
                f" THEN {self.params.add(choice.key, 'text')} END"
                for choice in field.choices or ()
                if isinstance(leaf.value, tuple) and choice.key in leaf.value
            ]
            return f"to_jsonb(array_remove(ARRAY[{', '.join(pairs)}]::text[], NULL))"
        return f"to_jsonb({self._raw(leaf)})"

    # Leaves

    def _leaf(self, leaf: Leaf) -> str:
        operator = OPERATORS[leaf.op]
        if operator.negates:
            return f"NOT {self._positive(leaf, OPERATORS[operator.negates])}"
        return self._positive(leaf, operator)

    def _positive(self, leaf: Leaf, operator: Operator) -> str:
        if leaf.type == types.SEGMENT:
            return self._segments(leaf)
        if leaf.type == types.SIGNAL:
            return self._behaviour(leaf, operator)
        if operator.key == "not_empty":
            return self._present(leaf)
        places = {"x": self._comparable(leaf), "raw": self._raw(leaf)}
        places.update(self._operands(leaf, operator))
        if operator.value == SPAN:
            self._moves(places["x"], leaf)
        return f"coalesce({operator.sql.format(**places)}, false)"

    def _segments(self, leaf: Leaf) -> str:
        field = self.fields[leaf.field]
        assert isinstance(leaf.value, tuple), "parsed"
        found = [field.choice(str(key)) for key in leaf.value]
        tests = [self.member(int(choice.id)) for choice in found if choice is not None]
        return f"({' OR '.join(tests)})"

    def _behaviour(self, leaf: Leaf, operator: Operator) -> str:
        places = self._counted(leaf)
        if operator.value == SPAN:
            assert isinstance(leaf.value, Span), "parsed"
            places["since"] = self.params.since(leaf.value)
        elif operator.value != NONE:
            cast = "bigint" if operator.value == COUNT else "float8"
            places["v"] = self.params.add(_plain(leaf.value), cast)
        tests = [f"coalesce({operator.sql.format(**places)}, false)"]
        signal_id = int(self.fields[leaf.field].ref)
        if leaf.not_since:
            mine = self.feature(Feature(signal_id, "last_at"))
            other = self.feature(Feature(self._signal(leaf.not_since), "last_at"))
            tests.append(f"coalesce({other} <= {mine}, true)")
        if leaf.after:
            mine = self.feature(Feature(signal_id, "last_at"))
            other = self.feature(Feature(self._signal(leaf.after), "first_at"))
            tests.append(f"coalesce({other} < {mine}, false)")
        return f"({' AND '.join(tests)})" if len(tests) > 1 else tests[0]

    def _counted(self, leaf: Leaf) -> dict[str, str]:
        """The places of behaviour that this leaf's operator needs."""
        signal_id = int(self.fields[leaf.field].ref)
        what = _LOOKS_AT[_stem(leaf.op)]
        if what in ("first", "last"):
            window = leaf.value if isinstance(leaf.value, Span) else None
            if window is not None:
                self._window(signal_id, window)
            return {what: self.feature(Feature(signal_id, what))}
        if leaf.within is not None:
            self._window(signal_id, leaf.within)
        return {what: f"coalesce({self.feature(Feature(signal_id, what, leaf.within))}, 0)"}

    def _signal(self, key: str) -> int:
        return int(self.fields[f"signal.{key}"].ref)

    def _window(self, signal_id: int, window: Span) -> None:
        self.feature(Feature(signal_id, "ends", window))

    # Values

    def _raw(self, leaf: Leaf) -> str:
        field = self.fields[leaf.field]
        if leaf.type == types.CONSENT:
            key = (str(field.ref), leaf.channel)
            return f"k.{self.consents.setdefault(key, f'k{len(self.consents)}')}"
        column = self.columns.get(field.key, field.column)
        if field.json_key:
            return self._once(self._json(column, field.json_key, leaf.type))
        if field.zoned:
            return self._once(f"({column} AT TIME ZONE {self.params.zone()})::date")
        return column

    def _once(self, expression: str) -> str:
        if not self._share:
            return expression
        level = "e" if expression.startswith("lower(") and "a.a" in expression else "a"
        name = f"{level}.{level}{len(self._shared)}"
        return self._shared.setdefault(expression, name)

    def _json(self, column: str, key: str, kind: str) -> str:
        place = self.params.add(key, "text")
        text, item = f"({column} ->> {place})", f"({column} -> {place})"
        if kind == types.NUMBER:
            return (
                f"CASE jsonb_typeof({item}) WHEN 'number' THEN {item}::numeric"
                f" WHEN 'string' THEN CASE WHEN {text} ~ '^-?[0-9]{{1,18}}([.][0-9]{{1,9}})?$'"
                f" THEN {text}::numeric END END"
            )
        if kind == types.BOOLEAN:
            return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        if kind == types.DATE:
            return (
                f"CASE WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'"
                f" AND pg_input_is_valid({text}, 'timestamptz') THEN CASE"
                f" WHEN length({text}) = 10 THEN {text}::date"
                f" ELSE ({text}::timestamptz AT TIME ZONE {self.params.zone()})::date END END"
            )
        if kind == types.LIST:
            return (
                f"CASE jsonb_typeof({item}) WHEN 'array' THEN {item}"
                f" WHEN 'string' THEN jsonb_build_array({item}) ELSE '[]'::jsonb END"
            )
        return text

    def _comparable(self, leaf: Leaf) -> str:
        raw = self._raw(leaf)
        if leaf.type != types.TEXT:
            return raw
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        if any(unicodedata.normalize("NFD", str(value)) != value for value in values):
            return self._once(f"lower(normalize({raw}))")
        return self._once(f"lower({raw})")

    def _present(self, leaf: Leaf) -> str:
        raw = self._raw(leaf)
        if leaf.type == types.TEXT:
            return f"coalesce({raw} <> '', false)"
        if leaf.type == types.LIST:
            return f"coalesce({raw} <> '[]'::jsonb, false)"
        return f"({raw} IS NOT NULL)"

    def _operands(self, leaf: Leaf, operator: Operator) -> dict[str, str]:
        if operator.value == NONE:
            return {}
        if isinstance(leaf.value, Span):
            return {
                "since": self.params.since(leaf.value),
                "until": self.params.until(leaf.value),
                "today": self.params.today(),
            }
        field = self.fields[leaf.field]
        cast = _TYPE_CASTS.get(leaf.type, "text")
        if field.choices and isinstance(field.choices[0].id, int):
            cast = "int"
        elif cast == "numeric" and not field.json_key and _whole(leaf.value):
            cast = "bigint"
        if operator.value == PAIR:
            assert isinstance(leaf.value, tuple), "parsed"
            low, high = leaf.value
            return {
                "lo": self.params.add(_operand(field, leaf, low), cast),
                "hi": self.params.add(_operand(field, leaf, high), cast),
            }
        if operator.value == MANY:
            assert isinstance(leaf.value, tuple), "parsed"
            items = [_operand(field, leaf, item) for item in leaf.value]
            return {"v": self.params.add(items, f"{cast}[]")}
        if operator.key == "regex":
            return {"v": self.params.add(leaf.value, "text")}
        assert isinstance(leaf.value, str | bool | Decimal | date), "parsed"
        return {"v": self.params.add(_operand(field, leaf, leaf.value), cast)}

    def _moves(self, day: str, leaf: Leaf) -> None:
        """Note the days on which a leaf about a relative date changes its answer."""
        assert isinstance(leaf.value, Span), "parsed"
        today = self.params.today()
        step = interval(leaf.value)
        days = [day, f"({day} + 1)", f"({day} + {step})::date", f"({day} - {step})::date"]
        self.moving += [f"CASE WHEN {moment} > {today} THEN {moment} END" for moment in days]

    # The frame

    def frame(self, scope: Scope, *, extra: Sequence[str] = ()) -> str:
        """FROM and WHERE that offer ``c``, ``s`` and what the predicates so far need.

        The scope stands on every table: the planner does not carry it over a join.
        """
        parts = [
            "FROM contact c",
            "LEFT JOIN standing s ON s.contact_id = c.contact_id"
            f" AND {scope.of('s.contact_id')}",
        ]
        parts += self.features.joins(scope)
        if self.consents:
            parts.append(
                f"LEFT JOIN ({self._consent_query(scope)}) k ON k.contact_id = c.contact_id"
            )
        parts += self._shared_levels()
        parts += extra
        parts.append(f"WHERE c.merged_into IS NULL AND {scope.of('c.contact_id')}")
        return "\n".join(parts)

    def _shared_levels(self) -> list[str]:
        """A level for what reads stored columns, and one for what reads that level."""
        found: dict[str, list[str]] = {"a": [], "e": []}
        for expression, name in self._shared.items():
            found[name[0]].append(f"{expression} AS {name[2:]}")
        return [
            f"CROSS JOIN LATERAL (SELECT {', '.join(columns)} OFFSET 0) {alias}"
            for alias, columns in found.items()
            if columns
        ]

    def next_day(self) -> str:
        """SQL of the first day after today on which an answer may change by itself."""
        parts = list(self.moving)
        if self.features.moves():
            parts.append("f.next_on")
        return f"least({', '.join(parts)})" if parts else "NULL::date"

    def _consent_query(self, scope: Scope) -> str:
        columns = []
        for (purpose, channel), name in self.consents.items():
            test = f"x.purpose = {self.params.add(purpose, 'text')}"
            if channel:
                test += f" AND x.channel IN ({self.params.add(channel, 'text')}, '*')"
            columns.append(
                "(array_agg(x.given ORDER BY x.at DESC, x.consent_id DESC)"
                f" FILTER (WHERE {test}))[1] AS {name}"
            )
        return (
            f"SELECT x.contact_id, {', '.join(columns)} FROM consent x"
            f" WHERE {scope.of('x.contact_id')} GROUP BY x.contact_id"
        )


_LOOKS_AT = {"count": "n", "did": "n", "sum": "sum", "last": "last", "first": "first"}


def _stem(op: str) -> str:
    """``count_gte`` → ``count``."""
    return op.split("_")[0]


def compile_filter(rule: Rule, column: str, prefix: str = "") -> Sql:
    """SQL that says whether the properties in the jsonb ``column`` pass a signal's filter.

    True or false, never NULL. ``prefix`` keeps the parameters of several filters in one
    statement apart. ``column`` is written by the caller, never by a user.
    """
    params = Params(prefix)
    fields = _filter_fields(rule, column)
    text = Compiler(fields, params=params).predicate(rule)
    return Sql(text, params.bind(clock.now()))


def _filter_fields(rule: Rule, column: str) -> dict[str, Field]:
    return {
        key: Field(
            key=key,
            label=PROPS[key].label,
            type=types.ANY,
            column=column,
            json_key=PROPS[key].json_key,
        )
        for key in types.fields_of(rule)
    }


def _operand(field: Field, leaf: Leaf, value: Scalar) -> Any:
    """A value as the database compares it: choices by id, text in lower case."""
    if leaf.type == types.CHOICE:
        choice = field.choice(str(value))
        return choice.id if choice is not None else None
    return fold(value) if isinstance(value, str) else value


def fold(text: str) -> str:
    """Lower case, letter by letter, as the database's ``lower`` does it."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _whole(value: Value) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return all(isinstance(item, Decimal) and item % 1 == 0 for item in items)


def _plain(value: Value) -> int | float:
    """A count or sum as the number the database compares with."""
    assert isinstance(value, Decimal), "parsed"
    return float(value) if value % 1 else int(value)
