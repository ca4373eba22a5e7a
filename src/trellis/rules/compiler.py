"""Rules to SQL: one predicate per rule over one frame that reads each table once.

The invariant: SQL text is made of templates of the operator table, column names of the
field registry and ids of our own rows only; every value stands as a named parameter.

What rules need of behaviour becomes *features*: aggregates over ``signal_daily``, shared by
all rules of the statement, in one pass. A statement stays the same from day to day: today
and the beginnings of windows are parameters, made by ``Params.bind``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trellis.core import clock
from trellis.rules import behaviour, dates, operands, types, values
from trellis.rules.consents import Consents
from trellis.rules.features import Feature, Features
from trellis.rules.operators import OPERATORS, Operator
from trellis.rules.params import Params, Scope, Sql
from trellis.rules.registry import PROPS, Field, Join, Past
from trellis.rules.sequences import Sequences
from trellis.rules.types import Leaf, Rule, Span

_MEMBER = (
    "EXISTS (SELECT 1 FROM membership x WHERE x.contact_id = c.contact_id"
    " AND x.segment_id = ANY(ARRAY[{ids}]))"
)

_MEMBER_SINCE = (
    "(SELECT (x.since AT TIME ZONE {zone})::date FROM membership x"
    " WHERE x.contact_id = c.contact_id AND x.segment_id = {id})"
)


class Compiler:
    """Collects what some rules need, and hands out their predicates.

    ``columns`` replaces the stored value of a field by a column that the caller derives
    (``score``, ``temperature`` …), and under ``<key>.since`` the day since when it holds;
    ``member`` likewise replaces the test for membership. With ``share``, what costs more
    than a look (JSON, lower case, days) is worked out once per row for all leaves: right
    for many rules, wrong for one that is mostly false early.
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
        self.member = member or (lambda segment_id: _MEMBER.format(ids=int(segment_id)))
        self._stored = member is None
        self.features = Features(self.params)
        self.sequences = Sequences(self.params)
        self.consents = Consents(self.params)
        self.table_joins: dict[str, Join] = {}
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
            return f"to_jsonb({behaviour.actual(self, leaf)})"
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

    def since(self, leaf: Leaf) -> str:
        """SQL of the day since when the value of a leaf with ``for`` has been what it is, or
        of the value that is the ``same`` in a sequence, as jsonb, for the explanation; NULL
        for other leaves."""
        field = self.fields[leaf.field]
        if leaf.same:
            return f"to_jsonb({behaviour.followed_value(self, leaf)})"
        if leaf.held is None or leaf.type == types.SEGMENT:
            return "NULL::jsonb"
        return f"to_jsonb({self._since_day(leaf, field)})"

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
            return behaviour.predicate(self, leaf, operator)
        if operator.key == "not_empty":
            return self._present(leaf)
        if leaf.type == types.CHOICES or (leaf.type == types.CHOICE and self._tree(leaf)):
            test = self._choices(leaf, operator)
        else:
            places = {"x": self._comparable(leaf), "raw": self._raw(leaf)}
            test = self._compare(leaf, operator, places)
        if leaf.held is not None:
            day = self._since_day(leaf, self.fields[leaf.field])
            return f"({test} AND {self._long(day, leaf.held)})"
        return test

    def _past_day(self, leaf: Leaf, past: Past) -> str:
        """SQL of the day since when a comparison has held at the end of every day; NULL where
        it does not hold now. Before the first row there ever was, it held from the day on
        which somebody was first seen, or not at all."""
        operator, today = OPERATORS[leaf.op], self.params.today()

        def held(x: str) -> str:
            return self._compare(leaf, operator, {"x": x, "raw": x})

        rows = f"FROM {past.table} h WHERE h.contact_id = c.contact_id AND {past.test}"
        seen = f"(s.first_seen AT TIME ZONE {self.params.zone()})::date"
        failed = f"{rows} AND h.day < {today} AND NOT {held(f'h.{past.column}')}"
        began = f"(SELECT min(h.day) {rows} AND (z.failed IS NULL OR h.day > z.failed))"
        return (
            f"CASE WHEN {held(self._comparable(leaf))} THEN (SELECT CASE WHEN z.failed IS NULL"
            f" AND {held(past.zero)} THEN coalesce({seen}, {today})"
            f" ELSE least(coalesce({began}, {today}), {today}) END"
            f" FROM (SELECT max(h.day) AS failed {failed}) z) END"
        )

    def _compare(self, leaf: Leaf, operator: Operator, places: dict[str, str]) -> str:
        if operator.key.startswith("yearly"):
            text, changes = dates.yearly(self.params, places["x"], leaf)
            self.moving += changes
            return f"coalesce({text}, false)"
        places.update(operands.places(self, leaf, operator, places["x"]))
        return f"coalesce({operator.sql.format(**places)}, false)"

    def _segments(self, leaf: Leaf) -> str:
        field = self.fields[leaf.field]
        assert isinstance(leaf.value, tuple), "parsed"
        found = [field.choice(str(key)) for key in leaf.value]
        ids = [int(choice.id) for choice in found if choice is not None]
        if self._stored and leaf.held is None and ids:  # one look for all of them
            return _MEMBER.format(ids=", ".join(map(str, ids)))
        tests = [self._member(id_, leaf) for id_ in ids]
        return f"({' OR '.join(tests)})"

    def _member(self, segment_id: int, leaf: Leaf) -> str:
        """Membership, if asked for so long; who enters now has been in since today."""
        member = self.member(segment_id)
        if leaf.held is None:
            return member
        stored = _MEMBER_SINCE.format(zone=self.params.zone(), id=int(segment_id))
        day = f"CASE WHEN {member} THEN coalesce({stored}, {self.params.today()}) END"
        return f"({member} AND {self._long(f'({day})', leaf.held)})"

    def _long(self, day: str, held: Span) -> str:
        """That it has been so since a day, long enough."""
        bound = dates.back(held)
        self.moving.append(dates.crosses(self.params, day, bound))
        return f"coalesce({day} <= {self.params.day(bound)}, false)"

    def _since_day(self, leaf: Leaf, field: Field) -> str:
        if leaf.type == types.CONSENT:
            column = self.consents.column(field.consent, leaf.channel, "at")
            return f"({column} AT TIME ZONE {self.params.zone()})::date"
        if field.past is not None:
            return self._past_day(leaf, field.past)
        derived = self.columns.get(f"{field.key}.since")
        if derived is None:
            self._join(field, field.since)
        text = (derived or field.since).replace("{zone}", self.params.zone())
        if "{key}" in text:
            text = text.replace("{key}", self.params.add(field.json_key, "text"))
        return self._once(f"({text})") if derived is None else text

    def _tree(self, leaf: Leaf) -> bool:
        return any(choice.also for choice in self.fields[leaf.field].choices or ())

    def _choices(self, leaf: Leaf, operator: Operator) -> str:
        """Choices of which naming one may name those under it; several at a time."""
        x = self._raw(leaf)
        keys = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        parts = [self._ids(leaf, (key,)) for key in keys]
        if leaf.type == types.CHOICE:
            return f"coalesce({x} = ANY({self._ids(leaf, keys)}), false)"
        if operator.key == "has_all":
            return f"coalesce({' AND '.join(f'{x} && {part}' for part in parts)}, false)"
        return f"coalesce({x} && {self._ids(leaf, keys)}, false)"

    def _ids(self, leaf: Leaf, keys: Sequence[Any]) -> str:
        """The place of the ids that choices stand for."""
        field = self.fields[leaf.field]
        found = [choice for key in keys if (choice := field.choice(str(key))) is not None]
        ids = sorted({id_ for choice in found for id_ in (choice.id, *choice.also)}, key=str)
        whole = all(isinstance(choice.id, int) for choice in field.choices or ())
        return self.params.add(ids, "int[]" if whole else "text[]")

    # Values

    def _raw(self, leaf: Leaf) -> str:
        field = self.fields[leaf.field]
        if field.consent:
            column = self.consents.column(field.consent, leaf.channel, field.column)
        else:
            if field.key in self.columns:
                return self.columns[field.key]
            self._join(field, field.column)
            column = field.column.replace("{zone}", self.params.zone())
        if leaf.type == types.RANDOM:
            return column.replace("{salt}", self.params.add(leaf.salt, "text"))
        if field.json_key:
            key = self.params.add(field.json_key, "text")
            zone = self._zone(leaf) if leaf.type == types.DATE else ""
            return self._once(values.from_json(column, key, leaf.type, zone))
        if field.zoned:
            return self._once(f"({column} AT TIME ZONE {self._zone(leaf)})::date")
        return column

    def _join(self, field: Field, text: str) -> None:
        if field.join is not None and f"{field.join.alias}." in text:
            self.table_joins.setdefault(field.join.alias, field.join)

    def _zone(self, leaf: Leaf) -> str:
        """The zone whose days count: the instance's, or the contact's where it has one."""
        if leaf.zone != "contact":
            return self.params.zone()
        known = self.params.add(values.zones(), "text[]")
        return (
            f"CASE WHEN c.time_zone = ANY({known}) THEN c.time_zone"
            f" ELSE {self.params.zone()} END"
        )

    def _once(self, expression: str) -> str:
        if not self._share:
            return expression
        level = "e" if expression.startswith("lower(") and "a.a" in expression else "a"
        name = f"{level}.{level}{len(self._shared)}"
        return self._shared.setdefault(expression, name)

    def _comparable(self, leaf: Leaf) -> str:
        raw = self._raw(leaf)
        if leaf.type != types.TEXT:
            return raw
        if values.composes(leaf):
            return self._once(f"lower(normalize({raw}))")
        return self._once(f"lower({raw})")

    def _present(self, leaf: Leaf) -> str:
        raw = self._raw(leaf)
        if leaf.type == types.TEXT:
            return f"coalesce({raw} <> '', false)"
        if leaf.type == types.LIST:
            return f"coalesce({raw} <> '[]'::jsonb, false)"
        if leaf.type == types.CHOICES:
            return f"coalesce(cardinality({raw}) > 0, false)"
        if leaf.type == types.CHOICE:
            return f"coalesce({raw}::text <> '', false)"
        return f"({raw} IS NOT NULL)"

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
        for join in self.table_joins.values():
            limit = scope.of(join.column) if join.column else "true"
            parts.append(join.sql.replace("{scope}", limit))
        parts += self.features.joins(scope)
        parts += self.sequences.joins(scope)
        parts += self.consents.joins(scope)
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
        parts = [*self.moving, *self.sequences.moving()]
        if self.features.moves():
            parts.append("f.next_on")
        return dates.least(parts)


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
