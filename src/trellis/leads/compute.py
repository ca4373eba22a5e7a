"""Leads as SQL: which lines a contact has a lead in, where rules move it, for which stage
they propose it, and whether they disqualify it.

Everybody has a stage in the default line: anonymous visitors stand in the first one,
``user``, without a lead; who is known has a lead. In another line a rule, or a person,
makes leads. Rules move forward only, to the highest stage whose rule and gate hold; where a
person moved a lead back, rules may only move it beyond the stage it was moved back from.
What is disqualified no rule moves; what is lost only a won stage's rule does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from trellis.leads.models import Line, Reason, Stage
from trellis.leads.types import DISQUALIFIED, LOST, PROPOSE, LineSpec, StageSpec, UnfitSpec
from trellis.rules.compiler import Compiler
from trellis.rules.counted import pending
from trellis.rules.params import Params, Scope
from trellis.rules.parse import parse
from trellis.rules.registry import STAGE, Field
from trellis.rules.types import Rule, RuleError

_TOP = 2**31 - 1
NUMBERS = 6
"""Numbers that ``LineSql.told`` gives of one line."""


class Broken(NamedTuple):
    """A rule that no longer parses: of a ``stage``, a ``line`` or a ``reason``, and why."""

    kind: str
    id: int
    why: str


class _Reader:
    """Parses the rules of lines; collects what is broken. A rule that reads a signal which
    is still counting the past moves nobody yet."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.broken: list[Broken] = []

    def rule(self, kind: str, id_: int, data: Any) -> Rule | None:
        if data is None:
            return None
        try:
            found = parse(data, self.fields, level=STAGE, stored=True)
        except RuleError as error:
            self.broken.append(Broken(kind, id_, str(error)))
            return None
        return None if pending(found, self.fields) else found

    def stage(self, row: Stage) -> StageSpec:
        rule = self.rule("stage", row.pk, row.rule)
        gate = None
        if demands := gate_json(row.requires, row.min_score):
            gate = self.rule("stage", row.pk, demands)
            rule = None if gate is None else rule
        propose = row.automatic == PROPOSE
        return StageSpec(row.pk, row.key, row.name, row.rank, row.kind, rule, gate, propose)


def gate_json(requires: Sequence[str], min_score: int | None) -> dict[str, Any] | None:
    """The gate of a stage as a rule: fields that have a value, and a least score (S6)."""
    leaves: list[dict[str, Any]] = [{"field": key, "op": "not_empty"} for key in requires]
    if min_score is not None:
        leaves.append({"field": "score", "op": "gte", "value": min_score})
    return {"all": leaves} if leaves else None


def load(fields: Mapping[str, Field]) -> tuple[tuple[LineSpec, ...], list[Broken]]:
    """All live lines, the default one first, and the rules in them that are broken."""
    reader = _Reader(fields)
    stages: dict[int, list[StageSpec]] = {}
    for row in Stage.objects.filter(archived_at__isnull=True).order_by("rank", "id"):
        stages.setdefault(row.line_id, []).append(reader.stage(row))
    unfit: dict[int, list[UnfitSpec]] = {}
    rules = Reason.objects.filter(
        kind=DISQUALIFIED, archived_at__isnull=True, rule__isnull=False
    )
    for reason in rules:
        if (rule := reader.rule("reason", reason.pk, reason.rule)) is not None:
            unfit.setdefault(reason.line_id, []).append(UnfitSpec(reason.pk, reason.name, rule))
    lines = [
        LineSpec(
            line.pk,
            tuple(stages[line.pk]),
            line.key,
            line.default,
            reader.rule("line", line.pk, line.entry),
            tuple(unfit.get(line.pk, ())),
        )
        for line in Line.objects.filter(archived_at__isnull=True)
        if line.pk in stages
    ]
    return tuple(lines), reader.broken


class LineSql:
    """The SQL of one line in the statement; its aliases carry the line's ``number``.

    ``levels`` come in order, each reading what earlier ones settled: ``r`` where the lead
    stands, ``u`` whether it is unfit, ``g`` its stage, ``k`` for which stage it could be
    proposed.
    """

    def __init__(self, line: LineSpec, number: int) -> None:
        self.line = line
        self.lead, self.at, self.fate = f"l{number}", f"r{number}", f"u{number}"
        self.goes, self.could = f"g{number}", f"k{number}"
        self._proposing = any(s.propose and s.rule is not None for s in line.stages)

    def join(self, scope: Scope) -> str:
        """The join that offers the lead."""
        return (
            f"LEFT JOIN lead {self.lead} ON {self.lead}.contact_id = c.contact_id"
            f" AND {self.lead}.line_id = {int(self.line.id)}"
            f" AND {scope.of(f'{self.lead}.contact_id')}"
        )

    def levels(self, compiler: Compiler) -> Iterator[tuple[str, list[str]]]:
        """Alias and columns of each level."""
        yield self.at, [f"{self._here(compiler)} AS here", f"{self._reached()} AS rank"]
        if self.line.unfit:
            yield self.fate, [f"{self._unfit(compiler)} AS reason_id"]
        yield self.goes, [f"{self._stage(compiler)} AS stage_id"]
        if self._proposing:
            yield self.could, [f"{self._candidate(compiler)} AS stage_id"]

    @property
    def stage_id(self) -> str:
        """SQL of the stage after the derivation."""
        return f"{self.goes}.stage_id"

    @property
    def outcome(self) -> str:
        """SQL of what the lead is after it, in the words of rules; NULL without a lead."""
        ends: dict[str, list[str]] = {}
        for stage in self.line.stages:
            ends.setdefault(stage.outcome, []).append(str(stage.id))
        arms = " ".join(
            f"WHEN {self.stage_id} IN ({', '.join(ids)}) THEN '{outcome or 'open'}'"
            for outcome, ids in ends.items()
        )
        unfit = f"WHEN {self._reason} IS NOT NULL THEN '{DISQUALIFIED}'"
        return (
            f"CASE WHEN NOT {self.at}.here THEN NULL {unfit if self.line.unfit else ''}"
            f" WHEN {self.stage_id} IS DISTINCT FROM {self.lead}.stage_id THEN CASE {arms} END"
            f" ELSE coalesce(nullif({self.lead}.outcome, ''), 'open') END"
        )

    def since(self, params: Params) -> str:
        """SQL of the day since when the lead is in that stage; NULL without a lead, but who
        never had one is in the first stage of the default line since first seen."""
        zone, lead = params.zone(), self.lead
        first = f"(s.first_seen AT TIME ZONE {zone})::date" if self.line.default else "NULL"
        return (
            f"CASE WHEN {lead}.stage_id = {self.stage_id}"
            f" THEN ({lead}.stage_since AT TIME ZONE {zone})::date"
            f" WHEN {self.at}.here THEN {params.today()} ELSE {first} END"
        )

    def told(self, compiler: Compiler) -> list[str]:
        """SQL of the ``NUMBERS`` that are told: stage before and after, the reason that
        disqualifies, proposal before and after, and 1 where a refusal is forgotten."""
        lead = self.lead
        return [
            f"{lead}.stage_id",
            f"CASE WHEN {self.at}.here THEN {self.stage_id} END",
            self._reason,
            f"{lead}.proposed_id",
            self._proposed(compiler),
            f"CASE WHEN {self._forgets} THEN 1 END",
        ]

    def changed(self, compiler: Compiler) -> str:
        """SQL that says whether anything is to be written about the lead."""
        tests = [
            f"({self.at}.here AND {self.lead}.stage_id IS DISTINCT FROM {self.stage_id})",
            f"{self.lead}.proposed_id IS DISTINCT FROM {self._proposed(compiler)}",
            self._forgets,
        ]
        if self.line.unfit:
            tests.append(f"{self._reason} IS NOT NULL")
        return f"({' OR '.join(tests)})"

    # ---- parts

    def _here(self, compiler: Compiler) -> str:
        if self.line.default:
            return "c.known"
        there = f"{self.lead}.contact_id IS NOT NULL"
        if self.line.entry is None:
            return f"({there})"
        return f"({there} OR (c.known AND {compiler.predicate(self.line.entry)}))"

    @property
    def _current(self) -> str:
        return f"coalesce({self.lead}.stage_id, {self.line.first.id})"

    def _ranks(self, column: str, otherwise: str) -> str:
        ranks = " ".join(f"WHEN {stage.id} THEN {stage.rank}" for stage in self.line.stages)
        return f"CASE {column} {ranks} ELSE {otherwise} END"

    def _reached(self) -> str:
        """The rank beyond which rules may move the lead."""
        return (
            f"CASE WHEN {self.lead}.outcome = '{DISQUALIFIED}' THEN {_TOP} ELSE greatest("
            f"{self._ranks(self._current, str(_TOP))},"
            f" {self._ranks(f'{self.lead}.back_from_id', 'NULL')}) END"
        )

    @property
    def _open(self) -> str:
        return f"coalesce({self.lead}.outcome, '') = ''"

    @property
    def _reason(self) -> str:
        return f"{self.fate}.reason_id" if self.line.unfit else "NULL::int"

    def _unfit(self, compiler: Compiler) -> str:
        arms = " ".join(
            f"WHEN {compiler.predicate(item.rule)} THEN {item.id}" for item in self.line.unfit
        )
        spared = f"coalesce({self.lead}.spared, false)"
        return (
            f"CASE WHEN {self.at}.here AND {self._open} AND NOT {spared}"
            f" THEN CASE {arms} END END"
        )

    def _stage(self, compiler: Compiler) -> str:
        outside = str(self.line.first.id) if self.line.default else "NULL"
        arms = [f"WHEN NOT {self.at}.here THEN {outside}"]
        if self.line.unfit:
            arms.append(f"WHEN {self._reason} IS NOT NULL THEN {self._current}")
        for stage in reversed(self.line.stages):
            if stage.rule is None or stage.propose:
                continue
            tests = [f"{self.at}.rank < {stage.rank}", *self._holds(compiler, stage)]
            if stage.outcome != "won":
                tests.insert(1, f"coalesce({self.lead}.outcome, '') <> '{LOST}'")
            arms.append(f"WHEN {' AND '.join(tests)} THEN {stage.id}")
        return f"CASE {' '.join(arms)} ELSE {self._current} END"

    def _holds(self, compiler: Compiler, stage: StageSpec) -> list[str]:
        rules = [rule for rule in (stage.rule, stage.gate) if rule is not None]
        return [compiler.predicate(rule) for rule in rules]

    def _candidate(self, compiler: Compiler) -> str:
        rank = (
            f"greatest({self._ranks(self.stage_id, str(_TOP))},"
            f" {self._ranks(f'{self.lead}.back_from_id', 'NULL')})"
        )
        arms = [
            f"WHEN {rank} < {stage.rank} AND {' AND '.join(self._holds(compiler, stage))}"
            f" THEN {stage.id}"
            for stage in reversed(self.line.stages)
            if stage.propose and stage.rule is not None
        ]
        unfit = f" AND {self._reason} IS NULL" if self.line.unfit else ""
        return f"CASE WHEN {self.at}.here AND {self._open}{unfit} THEN CASE {' '.join(arms)} END END"

    def _proposed(self, compiler: Compiler) -> str:
        if not self._proposing:
            return "NULL::int"
        mark = refusal(f"{self.could}.stage_id", compiler.columns)
        return (
            f"CASE WHEN coalesce({self.lead}.refused, '') IS DISTINCT FROM {mark}"
            f" THEN {self.could}.stage_id END"
        )

    @property
    def _forgets(self) -> str:
        held = f"{self.could}.stage_id IS NULL" if self._proposing else "true"
        return f"(coalesce({self.lead}.refused, '') <> '' AND {held})"


def refusal(stage_id: str, columns: Mapping[str, str]) -> str:
    """SQL of what a refused proposal is remembered by: it holds until the temperature or
    the grade changes, or the rule stops holding."""
    temperature = columns.get("temperature", "s.temperature")
    grade = columns.get("grade", "s.grade")
    return f"({stage_id} || ':' || {temperature} || ':' || {grade})"
