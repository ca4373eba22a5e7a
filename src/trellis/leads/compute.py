"""Stages as SQL: where the rules of a line move a lead.

Everybody has a stage. Anonymous visitors stand in the first one, ``user``, without a lead.
A contact that is known has a lead, made where the rules put it. Rules move forward only, to
the highest stage whose rule holds; where a person moved a lead back, rules may only move
it beyond the stage it was moved back from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trellis.leads.models import Line
from trellis.leads.types import LineSpec, StageSpec
from trellis.rules.compiler import Compiler
from trellis.rules.params import Scope
from trellis.rules.parse import parse
from trellis.rules.registry import STAGE, Field, pending
from trellis.rules.types import Rule, RuleError


class BrokenStage(NamedTuple):
    """A stage whose rule no longer parses, and why."""

    id: int
    why: str


def load(fields: Mapping[str, Field]) -> tuple[LineSpec | None, list[BrokenStage]]:
    """The default line, and its stages whose rule is broken. A rule that reads a signal
    which is still counting the past moves nobody yet."""
    line = Line.objects.filter(default=True).order_by("id").first()
    if line is None:
        return None, []
    stages, broken = [], []
    for row in line.stages.filter(archived_at__isnull=True).order_by("rank", "id"):
        rule: Rule | None = None
        if row.rule is not None:
            try:
                rule = parse(row.rule, fields, level=STAGE)
            except RuleError as error:
                broken.append(BrokenStage(row.pk, str(error)))
        if rule is not None and pending(rule, fields):
            rule = None
        stages.append(StageSpec(row.pk, row.key, row.name, row.rank, rule))
    return (LineSpec(line.pk, tuple(stages)) if stages else None), broken


def join(line: LineSpec, scope: Scope) -> str:
    """The join that offers the lead as ``l``."""
    return (
        "LEFT JOIN lead l ON l.contact_id = c.contact_id"
        f" AND l.line_id = {int(line.id)} AND {scope.of('l.contact_id')}"
    )


def current(line: LineSpec) -> str:
    """SQL of the stage before this derivation."""
    return f"coalesce(l.stage_id, {line.first.id})"


def reached(line: LineSpec) -> str:
    """SQL of the rank beyond which rules may move the lead."""
    ranks = " ".join(f"WHEN {stage.id} THEN {stage.rank}" for stage in line.stages)
    return (
        f"greatest(CASE {current(line)} {ranks} ELSE {2**31 - 1} END,"
        f" CASE l.back_from_id {ranks} END)"
    )


def stage(compiler: Compiler, line: LineSpec) -> str:
    """SQL of the stage after it; ``r.rank`` is what ``reached`` says."""
    moves = [
        f"WHEN r.rank < {stage.rank} AND {compiler.predicate(stage.rule)} THEN {stage.id}"
        for stage in reversed(line.stages)
        if stage.rule is not None
    ]
    first = f"WHEN NOT c.known THEN {line.first.id}"
    return f"CASE {' '.join([first, *moves])} ELSE {current(line)} END"
