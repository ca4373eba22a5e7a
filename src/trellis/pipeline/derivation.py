"""The one statement that derives scores, stages and segments for a set of contacts.

It reads each table once and evaluates, in this order, each level reading only what earlier
ones settled: behaviour (features), points per bucket, score with temperature and grade,
stage, then segments layer by layer. Levels are LATERAL sub-selects with OFFSET 0, which
keeps the planner from copying one level's expressions into every use in the next.

The statement writes what changed into ``standing`` and returns only contacts about which
something else is to be written or told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Connection, RawCursor

from trellis.leads.compute import LineSql
from trellis.leads.fields import outcome_key, since_key, stage_key
from trellis.leads.types import LineSpec
from trellis.pipeline.definitions import Definitions
from trellis.rules.compiler import Compiler
from trellis.rules.drift import only_ends
from trellis.rules.params import RANGE, THESE, Params, Scope
from trellis.rules.registry import FACT, SEGMENT
from trellis.rules.types import fields_of
from trellis.scoring import compute as scoring
from trellis.scoring.fields import field_key
from trellis.scoring.types import BUCKETS, ModelSpec
from trellis.scoring.writes import History, settled
from trellis.segments import compute as segments
from trellis.segments.types import SegmentSpec

_PLACE = re.compile(r"%\((\w+)\)s")
_COMPANIES = (
    " OR company_before IS DISTINCT FROM company_told"
    " OR (company_told IS NOT NULL AND score_before <> score_told)"
)
"""Whose company is to be scored again; after a run over everybody, all companies are."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the statement returns of one contact: before and after. ``leads`` holds
    ``leads.compute.NUMBERS`` for each line, ``held`` says of the segments that moved which
    conditions hold now (``segments.compute.held``)."""

    contact_id: int
    score: int
    temperature_before: str
    temperature: str
    grade: str
    leads: list[int | None]
    segments_before: list[int]
    segments: list[int]
    company_before: int | None
    company: int | None
    held: list[int]


@dataclass(frozen=True, eq=False)
class Plan:
    """What to derive. No ``models`` and no ``lines`` leave scores and stages as they stand;
    ``whole`` says that all windows are looked at, so that the next day on which something
    moves is replaced and not only brought forward."""

    definitions: Definitions
    models: tuple[ModelSpec, ...]
    lines: tuple[LineSpec, ...]
    layers: tuple[tuple[SegmentSpec, ...], ...]
    whole: bool


def whole(definitions: Definitions) -> Plan:
    """The plan that derives everything."""
    return Plan(definitions, definitions.models, definitions.lines, definitions.layers, True)


def only_segments(definitions: Definitions, wanted: Iterable[int]) -> Plan:
    """The plan that derives some segments from scores and stages as they stand."""
    ids = set(wanted)
    layers = [tuple(spec for spec in layer if spec.id in ids) for layer in definitions.layers]
    return Plan(definitions, (), (), tuple(layer for layer in layers if layer), False)


def scores(definitions: Definitions) -> Plan:
    """The plan that derives scores, stages, and the segments that read them."""
    fields = definitions.fields
    ids: set[int] = set()
    for layer in definitions.layers:
        for spec in layer:
            derived = any(FACT < fields[key].level < SEGMENT for key in fields_of(spec.rule))
            if derived or spec.reads & ids:
                ids.add(spec.id)
    part = only_segments(definitions, ids)
    return replace(part, models=definitions.models, lines=definitions.lines)


class Derivation:
    """A plan compiled for one scope; ``run`` executes it for a set or a range of contacts."""

    def __init__(self, plan: Plan, scope: Scope) -> None:
        self._params = Params()
        text = _Statement(plan, self._params).compose(scope)
        names: dict[str, int] = {}
        self.text = _PLACE.sub(
            lambda found: f"${names.setdefault(found.group(1), len(names) + 1)}", text
        )
        self._names = tuple(names)
        self._plan_mode = "force_generic_plan" if scope is THESE else "force_custom_plan"

    def run(self, connection: Connection[Any], now: datetime, **scope: Any) -> list[Moved]:
        """Derive at ``now``; ``scope`` is ``ids`` or ``low`` and ``high``.

        The statement is large and its text constant: for sets it is planned once per
        connection (a generic plan), for ranges, which differ in size, each time; it is
        never compiled to machine code.
        """
        values = self._params.bind(now) | scope
        threshold = connection.prepare_threshold
        connection.prepare_threshold = 0
        try:
            with RawCursor(connection) as cursor:
                cursor.execute(
                    "SELECT set_config('plan_cache_mode', $1, true),"
                    " set_config('jit', 'off', true)",
                    [self._plan_mode],
                )
                cursor.execute(self.text, [values[name] for name in self._names], prepare=True)
                return [Moved(*row) for row in cursor.fetchall()]
        finally:
            connection.prepare_threshold = threshold


def for_contacts(plan: Plan) -> Derivation:
    """Compiled for a set of contacts, ``ids``."""
    return Derivation(plan, THESE)


def for_range(plan: Plan) -> Derivation:
    """Compiled for contacts from ``low`` to ``high``."""
    return Derivation(plan, RANGE)


class _Statement:
    def __init__(self, plan: Plan, params: Params) -> None:
        self.plan = plan
        self.settled: dict[int, str] = {}
        self.compiler = Compiler(
            plan.definitions.fields, params=params, member=self._member, share=plan.whole
        )
        self.lines = [LineSql(line, number) for number, line in enumerate(plan.lines)]
        self.levels: list[str] = []
        self.sets: dict[str, str] = {}
        self.history = History(self.compiler)
        self.other_members = False

    def compose(self, scope: Scope) -> str:
        self._score()
        self._stages()
        self._segments()
        changes = [f"s.{name} IS DISTINCT FROM {value}" for name, value in self.sets.items()]
        changes += self.history.changes()
        changes.append(f"{self.after_segments} <> {self.before_segments}")
        if self.lines:
            changes.append("y.leads_moved")
        names = [f"{value} AS {name}" for name, value in self.sets.items()]
        names += self.history.columns()
        inner = (
            f"SELECT c.contact_id, {self._told()}{''.join(', ' + name for name in names)}\n"
            f"{self._frame(scope)} AND ({' OR '.join(changes)}) OFFSET 0"
        )
        puts = ", ".join(f"{name} = v.{name}" for name in self.sets)
        return (
            f"WITH moved AS (UPDATE standing AS t SET {puts}\nFROM ({inner}) v\n"
            f"WHERE t.contact_id = v.contact_id AND {scope.of('t.contact_id')} RETURNING v.*)"
            f"{self.history.writes()}\n"
            "SELECT contact_id, score_told, temperature_before, temperature_told, grade_told,"
            " leads_told, segments_before, segments_told, company_before, company_told,"
            " held FROM moved WHERE temperature_before <> temperature_told"
            " OR leads_moved OR segments_before <> segments_told"
            f"{_COMPANIES if scope is THESE else ''}"
            " ORDER BY contact_id"
        )

    def _score(self) -> None:
        for model in self.plan.models:
            mark = "" if model.default else str(model.id)
            self.levels += scoring.joined(scoring.levels(self.compiler, model, mark))
            parts = settled(model, mark)
            self.history.follow(model, parts)
            for name, column in parts.items():
                self.compiler.columns[field_key(model.key, name)] = column
            if model.default:
                self.sets |= parts
                self._temperature_since(parts["temperature"])
                for name, column in parts.items():
                    key = f"score.{name}" if name in BUCKETS else name
                    self.compiler.columns[key] = column
        if self.plan.models:
            self.sets["company_id"] = "c.company_id"

    def _temperature_since(self, temperature: str) -> None:
        params = self.compiler.params
        kept = f"s.temperature = {temperature}"
        self.sets["temperature_on"] = (
            f"CASE WHEN {kept} THEN s.temperature_on ELSE {params.today()} END"
        )
        self.compiler.columns["temperature.since"] = (
            f"CASE WHEN {kept} THEN coalesce(s.temperature_on, (s.first_seen AT TIME ZONE"
            f" {params.zone()})::date) ELSE {params.today()} END"
        )

    def _stages(self) -> None:
        for line in self.lines:
            for alias, columns in line.levels(self.compiler):
                self._level(alias, columns)
        for line in self.lines:
            self.compiler.columns[stage_key(line.line)] = line.stage_id
            self.compiler.columns[outcome_key(line.line)] = line.outcome
            since = line.since(self.compiler.params)
            self.compiler.columns[since_key(line.line)] = since
            self.compiler.columns[f"{stage_key(line.line)}.since"] = since
            if line.line.default:
                self.sets["stage_id"] = line.stage_id
        if self.lines:
            moved = [line.changed(self.compiler) for line in self.lines]
            self._level("y", [f"{' OR '.join(moved)} AS leads_moved"])

    def _segments(self) -> None:
        for number, layer in enumerate(self.plan.layers):
            self._level(f"h{number}", segments.columns(self.compiler, layer))
            for spec in layer:
                self.settled[spec.id] = f"h{number}.{segments.column(spec.id)}"
        array = segments.ids_array(list(self.settled.items()))
        upcoming = self.compiler.next_day()
        if self._only_ends():
            upcoming = f"CASE WHEN {' OR '.join(self.settled.values())} THEN {upcoming} END"
        self._level("z", [f"{array} AS ids", f"{upcoming} AS next_on"])
        self.sets["next_on"] = "z.next_on" if self.plan.whole else "least(s.next_on, z.next_on)"
        self.after_segments = "z.ids"
        self.before_segments = "coalesce(m.ids, '{}')"
        self.held = self._held()

    def _held(self) -> str:
        """Read only of contacts that are returned, and worked out only where they moved."""
        specs = [spec for layer in self.plan.layers for spec in layer if spec.built]
        parts = [
            segments.held(self.compiler, spec, self.settled[spec.id], self.before_segments)
            for spec in specs
        ]
        if not parts:
            return "'{}'::bigint[]"
        moved = f"{self.after_segments} <> {self.before_segments}"
        array = f"array_remove(ARRAY[{', '.join(parts)}], NULL)"
        return f"CASE WHEN {moved} THEN {array} ELSE '{{}}' END"

    def _only_ends(self) -> bool:
        """Whether days can only end memberships here, so that nobody else needs a next
        day: that spares writing it for everybody who ever did something."""
        specs = [spec for layer in self.plan.layers for spec in layer]
        rules = bool(specs) and all(only_ends(spec.rule) for spec in specs)
        return rules and not self.plan.models and not self.plan.lines

    def _level(self, alias: str, columns: Sequence[str]) -> None:
        self.levels.append(f"CROSS JOIN LATERAL (SELECT {', '.join(columns)} OFFSET 0) {alias}")

    def _member(self, segment_id: int) -> str:
        """Settled in an earlier layer, or else (lists, frozen segments) as it stands."""
        if segment_id in self.settled:
            return self.settled[segment_id]
        self.other_members = True
        return f"coalesce({int(segment_id)} = ANY(m.every), false)"

    def _frame(self, scope: Scope) -> str:
        joins = [f"LEFT JOIN ({self._memberships(scope)}) m ON m.contact_id = c.contact_id"]
        joins += [line.join(scope) for line in self.lines]
        joins += self.history.joins(scope)
        return self.compiler.frame(scope, extra=[*joins, *self.levels])

    def _memberships(self, scope: Scope) -> str:
        """The segments each contact is in: ``ids`` of those derived here, sorted, and, only
        where a rule reads others, ``every`` one."""
        ids = ", ".join(map(str, sorted(self.settled))) or "0"
        derived = f"m.segment_id = ANY(ARRAY[{ids}])"
        mine = "array_agg(m.segment_id ORDER BY m.segment_id)"
        if self.other_members:
            columns = (
                f"{mine} FILTER (WHERE {derived}) AS ids, array_agg(m.segment_id) AS every"
            )
        else:
            columns = f"{mine} AS ids"
        narrow = "" if self.other_members else f" AND {derived}"
        return (
            f"SELECT m.contact_id, {columns} FROM membership m"
            f" WHERE {scope.of('m.contact_id')}{narrow} GROUP BY m.contact_id"
        )

    def _told(self) -> str:
        score = self.sets.get("score", "s.score")
        temperature = self.sets.get("temperature", "s.temperature")
        grade = self.sets.get("grade", "s.grade")
        company = "c.company_id" if self.plan.models else "s.company_id"
        told = [number for line in self.lines for number in line.told(self.compiler)]
        moved = "y.leads_moved" if self.lines else "false"
        return (
            f"{score} AS score_told, s.score AS score_before, s.company_id AS company_before,"
            f" {company} AS company_told, s.temperature AS temperature_before,"
            f" {temperature} AS temperature_told, {grade} AS grade_told,"
            f" ARRAY[{', '.join(told)}]::int[] AS leads_told, {moved} AS leads_moved,"
            f" {self.before_segments} AS segments_before, {self.after_segments} AS segments_told,"
            f" {self.held} AS held"
        )
