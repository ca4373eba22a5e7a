"""Real values for whoever writes a rule: what people have in a field, and how many of them
have anything in it. Looked up among people picked at random where there are many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.people import masking
from trellis.rules import types
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import SAMPLE, random_ids, total
from trellis.rules.params import EVERYBODY, THESE, Params, Scope
from trellis.rules.registry import Field
from trellis.rules.types import Leaf

LIMIT = 12
SEARCH_MS = 300
COVERAGE_MS = 600
COVERED = 2_000
"""Contacts looked at for how often a field is filled."""

OFFERED = frozenset({types.TEXT, types.LIST, types.NUMBER})
"""Types of fields whose values can be offered."""

PRIVATE = frozenset(
    {"contact.email", "contact.phone", "contact.first_name", "contact.last_name"}
)
"""Fields that name a person."""
_PRESENT = {types.SIGNAL: "did", types.CONSENT: "given", types.BOOLEAN: "not_empty"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A value, and how many of those looked at have it."""

    value: Any
    n: int


def offers(field: Field) -> bool:
    """Whether values of a field can be offered: not those that name a person, and of private
    ones none to those who may not see them."""
    if field.private and masking.veiled():
        return False
    return field.type in OFFERED and field.key not in PRIVATE and field.choices is None


def values(field: Field, search: str, known: Mapping[str, Field], now: datetime) -> list[Offer]:
    """The most frequent values of a field that contain ``search``, whatever its case; those
    that hold private data are left out for who may not see it."""
    everybody = total()
    if everybody <= SAMPLE * 2:
        return _values(field, search, known, now, EVERYBODY, {}) or []
    found = _values(field, search, known, now, THESE, {"ids": list(random_ids())}) or []
    if search and len(found) < LIMIT // 2:  # too rare for the sample
        found = _values(field, search, known, now, EVERYBODY, {}) or found
    return found


def _values(
    field: Field,
    search: str,
    known: Mapping[str, Field],
    now: datetime,
    scope: Scope,
    more: dict[str, Any],
) -> list[Offer] | None:
    params = Params()
    compiler = Compiler(known, params=params)
    value = compiler.value(Leaf(field.key, "not_empty", None, field.type))
    inner = f"SELECT {value} AS v {compiler.frame(scope)}"
    if field.type == types.LIST:
        text = "jsonb_array_elements_text(CASE jsonb_typeof(t.v) WHEN 'array' THEN t.v END)"
        inner = f"SELECT {text} AS v FROM ({inner}) t"
    else:
        inner = f"SELECT t.v #>> '{{}}' AS v FROM ({inner}) t"
    rows = db.fetch_within(
        SEARCH_MS,
        f"SELECT u.v, count(*) FROM ({inner}) u WHERE u.v <> ''"
        " AND strpos(lower(u.v), %(search)s) > 0 GROUP BY u.v ORDER BY 2 DESC, 1 LIMIT %(limit)s",
        params.bind(now) | more | {"search": search.strip().lower(), "limit": LIMIT},
    )
    if rows is None:
        return None
    name = field.key.rpartition(".")[2]
    return [
        Offer(_typed(field, text), int(n))
        for text, n in rows
        if masking.value(name, text) == text
    ]


def _typed(field: Field, text: str) -> Any:
    if field.type != types.NUMBER:
        return text
    number = float(text)
    return int(number) if number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the contacts looked at have a field; ``whole`` where that was everybody."""

    filled: Mapping[str, int]
    looked: int
    whole: bool


def coverage(known: Mapping[str, Field], now: datetime) -> Coverage:
    """How many contacts have a value in each field, did each behaviour, gave each consent."""
    fields = [field for field in known.values() if _counts(field)]
    params = Params()
    compiler = Compiler(known, params=params)
    sums = [
        f"count(*) FILTER (WHERE {compiler.predicate(_presence(field))})" for field in fields
    ]
    everybody = total()
    whole = everybody <= COVERED
    ids = [] if whole else list(random_ids()[:: max(1, SAMPLE // COVERED)])
    rows = db.fetch_within(
        COVERAGE_MS,
        f"SELECT {', '.join(['count(*)', *sums])} {compiler.frame(EVERYBODY if whole else THESE)}",
        params.bind(now) | ({} if whole else {"ids": ids}),
    )
    if rows is None:
        return Coverage({}, 0, whole)
    looked, *filled = rows[0]
    counts = {field.key: int(n) for field, n in zip(fields, filled, strict=True)}
    return Coverage(counts, int(looked), whole)


def _counts(field: Field) -> bool:
    """Whether it makes sense to say how many have it: not where everybody has one of the
    choices, and not for behaviour that no signal counts."""
    if field.type == types.SIGNAL:
        return bool(field.ref)
    return field.choices is None and field.type not in (types.RANDOM, types.SEGMENT)


def _presence(field: Field) -> Leaf:
    return Leaf(field.key, _PRESENT.get(field.type, "not_empty"), None, field.type)
