"""What another rule would change: who would enter a segment and who would leave it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.core.sql import load
from trellis.rules import evaluate, types
from trellis.rules.compiler import Compiler
from trellis.rules.params import EVERYBODY, THESE, Params, Scope
from trellis.rules.registry import Field
from trellis.rules.types import Rule

_SQL = load("trellis.segments", "difference")
Fields = Mapping[str, Field]


EXACT_MS = 800
"""How long an exact comparison may take before it is estimated, in milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How many would enter, leave and stay; where not ``exact``, each within ``margin`` of
    the truth in 95 of 100 cases."""

    enter: int
    leave: int
    stay: int
    exact: bool
    margin: int = 0


def difference(segment_id: int, rule: Rule, now: datetime, fields: Fields) -> Difference:
    """Compare a rule with the members of a segment: exact where that is quick, or else
    estimated from a sample of contacts."""
    found = _exact(segment_id, rule, now, fields)
    if found is not None:
        enter, leave, stay = found
        return Difference(enter=enter, leave=leave, stay=stay, exact=True)
    ids = list(evaluate.random_ids())
    text, params = _statement("compare", segment_id, rule, now, fields, THESE)
    looked = db.fetch(text, {**params, "ids": ids})[0]
    everybody = evaluate.total()
    scale = everybody / max(1, len(ids))
    worst = max(max(looked[:2]) / max(1, len(ids)), 1 / max(1, len(ids)))
    spread = 1.96 * math.sqrt(worst * (1 - worst) / max(1, len(ids)))
    enter, leave, stay = (round(n * scale) for n in looked)
    return Difference(
        enter=enter, leave=leave, stay=stay, exact=False, margin=math.ceil(spread * everybody)
    )


def differing(
    segment_id: int, rule: Rule, now: datetime, fields: Fields
) -> tuple[list[int], list[int]]:
    """All contacts that would enter, and all that would leave, in one look at everybody."""
    text, params = _statement("differing", segment_id, rule, now, fields, EVERYBODY)
    enter: list[int] = []
    leave: list[int] = []
    for contact_id, enters in db.fetch(text, params):
        (enter if enters else leave).append(contact_id)
    return enter, leave


def _exact(
    segment_id: int, rule: Rule, now: datetime, fields: Fields
) -> tuple[int, int, int] | None:
    text, params = _statement("compare", segment_id, rule, now, fields, EVERYBODY)
    rows = db.fetch_within(EXACT_MS, text, params)
    if rows is None:
        return None
    enter, leave, stay = rows[0]
    return int(enter), int(leave), int(stay)


def _statement(
    block: str, segment_id: int, rule: Rule, now: datetime, fields: Fields, scope: Scope
) -> tuple[str, dict[str, Any]]:
    params = Params("rule_")
    compiler = Compiler(fields, params=params)
    condition = "false" if types.is_empty(rule) else compiler.predicate(rule)
    found = f"SELECT c.contact_id {compiler.frame(scope)} AND {condition}"
    text = _SQL[block].replace("{found}", found).replace("{scope}", scope.of("x.contact_id"))
    return text, params.bind(now) | {"segment": segment_id}
