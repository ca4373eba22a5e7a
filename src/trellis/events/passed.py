"""Why a signal did not count an event: the conditions of its filter that the event's
properties did not meet, or that the signal is broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.core import db
from trellis.events.log import storable
from trellis.events.models import Signal
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.rules.types import Leaf, Rule, RuleError, leaves
from trellis.rules.words import leaf_sentence


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A condition in words, and what the event says instead (None: it says nothing)."""

    sentence: str
    actual: Any


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """A signal of events of that name which did not count this one, and why."""

    signal: Signal
    unmet: Sequence[Unmet] = ()
    broken: str = ""


def passed_over(
    kind: str, name: str, props: Mapping[str, Any], counted: Iterable[int]
) -> list[PassedOver]:
    """The signals that look at events of a type and name but did not count one with these
    properties; ``counted`` are the numbers of those that did. Two queries at most."""
    rows = Signal.objects.filter(event_type=kind, event_name=name).order_by("name")
    asked: list[tuple[Signal, Rule]] = []
    found: list[PassedOver] = []
    for row in rows.exclude(pk__in=list(counted)):
        try:
            if row.status == "broken":
                found.append(PassedOver(signal=row, broken=row.why))
            elif row.filter:
                asked.append((row, parse(row.filter, PROPS)))
        except RuleError as error:
            found.append(PassedOver(signal=row, broken=str(error)))
    results = _holding([leaf for _row, rule in asked for leaf in leaves(rule)], props)
    for row, rule in asked:
        _holds, blamed = _blame(rule, results)
        unmet = [
            Unmet(sentence=leaf_sentence(leaf, PROPS), actual=_actual(leaf, props))
            for leaf in blamed
        ]
        found.append(PassedOver(signal=row, unmet=unmet))
    return found


def _holding(parts: Sequence[Leaf], props: Mapping[str, Any]) -> Iterator[bool]:
    """Whether each condition holds, judged by the very SQL that counts."""
    if not parts:
        return iter(())
    params: dict[str, Any] = {"props": storable(props).decode()}
    texts = []
    for place, leaf in enumerate(parts):
        condition = compile_filter(leaf, "e.props", f"p{place}_")
        params |= condition.params
        texts.append(condition.text)
    (row,) = db.fetch(
        f"SELECT {', '.join(texts)} FROM (SELECT %(props)s::jsonb AS props) e", params
    )
    return iter(row)


def _blame(rule: Rule, results: Iterator[bool]) -> tuple[bool, list[Leaf]]:
    """Whether a rule holds, and the conditions to blame where it does not."""
    if isinstance(rule, Leaf):
        holds = next(results)
        return holds, [] if holds else [rule]
    parts = [_blame(part, results) for part in rule.parts]
    if rule.kind == "none":
        wrong = [part for part, (holds, _b) in zip(rule.parts, parts, strict=True) if holds]
        return not wrong, [leaf for part in wrong for leaf in leaves(part)]
    held = [holds for holds, _blamed in parts]
    holds = all(held) if rule.kind == "all" else any(held)
    return holds, [] if holds else [leaf for _holds, blamed in parts for leaf in blamed]


def _actual(leaf: Leaf, props: Mapping[str, Any]) -> Any:
    return props.get(leaf.field.removeprefix("prop."))
