"""The gate of a stage (S6): required fields and a least score, and who does not pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from trellis.core.errors import InvalidInput
from trellis.leads.compute import gate_json
from trellis.leads.models import Stage
from trellis.rules import evaluate, explain
from trellis.rules.explain import Explanation
from trellis.rules.parse import parse
from trellis.rules.registry import Field
from trellis.rules.types import Rule, RuleError


class Blocked(InvalidInput):
    """The lead does not pass the gate of the stage."""

    code = "blocked"


class Gated(Protocol):
    """A stage as far as its gate goes."""

    @property
    def requires(self) -> Sequence[str]:
        """The fields that must have a value."""

    @property
    def min_score(self) -> int | None:
        """The least score."""


def rule_of(stage_id: int) -> Rule | None:
    """The gate of a stage as a rule; None where it has none. A gate that reads a field
    there is no more lets nobody through: raises ``RuleError``."""
    row = Stage.objects.filter(pk=stage_id).first()
    return None if row is None else _rule(row, None)


def _rule(stage: Gated, fields: Mapping[str, Field] | None) -> Rule | None:
    data = gate_json(stage.requires, stage.min_score)
    if data is None:
        return None
    return parse(data, evaluate.fields() if fields is None else fields)


def passing(gate: Rule, contact_ids: Iterable[int], now: datetime) -> set[int]:
    """Those of the contacts who pass."""
    return evaluate.holding({0: gate}, contact_ids, now)[0]


def missing(stage_id: int, contact_id: int, now: datetime) -> Sequence[Explanation]:
    """What a contact lacks to pass, each with the actual value; empty where it passes."""
    row = Stage.objects.filter(pk=stage_id).first()
    return [] if row is None else lacking(row, contact_id, now)


def lacking(
    stage: Gated,
    contact_id: int,
    now: datetime,
    fields: Mapping[str, Field] | None = None,
) -> Sequence[Explanation]:
    """The same of a stage that was read already; ``fields`` too, where the caller has
    them: one query then."""
    try:
        gate = _rule(stage, fields)
    except RuleError as error:
        return [Explanation("leaf", False, str(problem)) for problem in error.problems]
    if gate is None:
        return []
    found = explain.explain(gate, contact_id, now, fields)
    return [part for part in found.parts if not part.holds]


def blocked(stage_id: int, name: str, contact_id: int, now: datetime) -> Blocked:
    """The refusal that lists what is missing."""
    lacks = [part.sentence for part in missing(stage_id, contact_id, now)]
    return Blocked(
        _("Blocked on the way to %(stage)s: %(why)s.")
        % {"stage": name, "why": "; ".join(lacks)},
        blocked_because=lacks,
    )
