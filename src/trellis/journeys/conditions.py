"""Rules as journeys use them: read, checked, and evaluated for sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from trellis.accounts.types import Actor
from trellis.core import db
from trellis.events.behaviour import read_rule
from trellis.journeys.types import Complaint, RuleJson
from trellis.rules import evaluate
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse as parse_rule
from trellis.rules.registry import PROPS, Fields, snapshot
from trellis.rules.types import Rule, RuleError, to_json

CONTACT = "contact"
EVENT = "event"


def fields() -> Fields:
    """The fields rules may read, as defined now."""
    return snapshot()


def parse(rule: RuleJson, scope: str, known: Fields) -> Rule:
    """Read a rule over a contact, or over an event's properties. Raises ``RuleError``."""
    return parse_rule(rule, PROPS if scope == EVENT else known)


def problems(rule: RuleJson, scope: str, known: Fields) -> Iterable[Complaint]:
    """What is wrong with a rule, by path inside it."""
    try:
        parse(rule, scope, known)
    except RuleError as error:
        return [(problem.path, problem.message) for problem in error.problems]
    return ()


def holding(
    rules: Mapping[int, Rule], contact_ids: Sequence[int], now: datetime
) -> dict[int, set[int]]:
    """The contacts, of those given, for which each rule holds at ``now``."""
    return evaluate.holding(rules, contact_ids, now)


def matching(
    rules: Mapping[int, Rule], props: Sequence[Mapping[str, Any]]
) -> dict[int, set[int]]:
    """The places in ``props`` that pass each filter; one statement for all."""
    columns: list[str] = []
    args: dict[str, Any] = {
        "place": list(range(len(props))),
        "props": [msgspec.json.encode(item).decode() for item in props],
    }
    for key, rule in rules.items():
        compiled = compile_filter(rule, "t.props", f"f{key}_")
        columns.append(compiled.text)
        args |= compiled.params
    found: dict[int, set[int]] = {key: set() for key in rules}
    statement = (
        f"SELECT t.place, ARRAY[{', '.join(columns)}]"
        " FROM unnest(%(place)s::int[], %(props)s::jsonb[]) AS t (place, props)"
    )
    for place, passes in db.fetch(statement, args):
        for key, passed in zip(rules, passes, strict=True):
            if passed:
                found[key].add(place)
    return found


def lower(actor: Actor, rule: RuleJson) -> RuleJson:
    """The rule with inline behaviour replaced by signals, which are found, or made and
    filled from the log."""
    return RuleJson(to_json(read_rule(actor, rule)))
