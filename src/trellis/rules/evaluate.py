"""Asking which contacts rules hold for: some contacts, or how many of all."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import OperationalError, connection, transaction

from trellis.core import db, locks
from trellis.rules import registry, types
from trellis.rules.compiler import Compiler
from trellis.rules.params import EVERYBODY, THESE, Params, Scope, Sql
from trellis.rules.registry import Field, Fields
from trellis.rules.types import Leaf, Rule

EXACT_MS = 800
"""How long an exact count may take before it is estimated, in milliseconds."""

SAMPLE = 10_000
"""Contacts looked at for an estimate."""

_CANCELLED = "57014"

_FIELDS: locks.Definitions[Fields] = locks.Definitions(registry.snapshot)


@dataclass(frozen=True, slots=True)
class Count:
    """How many contacts a rule holds for. An estimate lies within ``margin`` of the truth
    in 95 of 100 cases."""

    n: int
    total: int
    exact: bool
    margin: int = 0


def holding(
    rules: Mapping[int, Rule], contact_ids: Iterable[int], now: datetime
) -> dict[int, set[int]]:
    """For each key of ``rules``, which of the contacts its rule holds for at ``now``.

    One statement for all rules and contacts; scores, stages and segments are read as they
    stand. Merged contacts hold no rule.
    """
    out: dict[int, set[int]] = {key: set() for key in rules}
    ids = sorted(set(contact_ids))
    if not ids or not rules:
        return out
    keys = tuple(sorted(rules))
    text, params = _holding(tuple(rules[key] for key in keys), fields())
    for contact_id, numbers in db.fetch(text, params.bind(now) | {"ids": ids}):
        for number in numbers:
            out[keys[number]].add(contact_id)
    return out


def fields() -> Fields:
    """The fields of the current epoch, kept between calls."""
    ((epoch,),) = db.fetch("SELECT epoch FROM core_instance WHERE id = 1")
    return _FIELDS.at(int(epoch))


@lru_cache(maxsize=64)
def _holding(rules: tuple[Rule, ...], known: Fields) -> tuple[str, Params]:
    params = Params()
    compiler = Compiler(known, params=params, share=len(rules) > 1)
    arms = [
        f"CASE WHEN {compiler.predicate(rule)} THEN {number} END"
        for number, rule in enumerate(rules)
    ]
    inner = (
        f"SELECT c.contact_id, array_remove(ARRAY[{', '.join(arms)}], NULL) AS held"
        f"\n{compiler.frame(THESE)}"
    )
    return f"SELECT contact_id, held FROM ({inner} OFFSET 0) h WHERE held <> '{{}}'", params


def count(rule: Rule, now: datetime, known: Mapping[str, Field] | None = None) -> Count:
    """How many contacts a rule holds for: exact where that is quick, or else estimated.

    ``known`` are the fields it was parsed with, where they are newer than the epoch's.
    """
    found = known if known is not None else fields()
    everybody = total()
    if types.is_empty(rule) or everybody == 0:
        return Count(0, everybody, exact=True)
    if not _costs_much(rule, everybody, found):
        exact = _exact(rule, now, found)
        if exact is not None:
            return Count(exact, everybody, exact=True)
    held, looked = _look(rule, now, found)
    return _estimate(len(held), looked, everybody)


def _costs_much(rule: Rule, everybody: int, known: Mapping[str, Field]) -> bool:
    """Whether looking at everybody is out of the question: tables beside the contact."""
    beside = any(_looks_beside(leaf, known[leaf.field]) for leaf in types.leaves(rule))
    return beside and everybody > SAMPLE * 2


def _looks_beside(leaf: Leaf, field: Field) -> bool:
    if leaf.type in (types.SIGNAL, types.CONSENT) or field.consent:
        return True
    read = field.since if leaf.held is not None else field.column
    return field.join is not None and f"{field.join.alias}." in read


def sample(
    rule: Rule, now: datetime, n: int = 10, known: Mapping[str, Field] | None = None
) -> list[int]:
    """Some contacts that a rule holds for, newest first."""
    if types.is_empty(rule):
        return []
    found = known if known is not None else fields()
    if _costs_much(rule, total(), found):
        held, _looked = _look(rule, now, found)
        return held[:n]
    sql, params = _where(rule, now, found, EVERYBODY)
    rows = db.fetch(
        f"SELECT c.contact_id {sql} ORDER BY c.contact_id DESC LIMIT %(n)s", params | {"n": n}
    )
    return [contact_id for (contact_id,) in rows]


def condition(rule: Rule, now: datetime, known: Mapping[str, Field] | None = None) -> Sql:
    """SQL over ``c.contact_id`` that says whether the rule holds, for lists to filter by."""
    if types.is_empty(rule):
        return Sql("false", {})
    params = Params("rule_")
    compiler = Compiler(known if known is not None else fields(), params=params)
    predicate = compiler.predicate(rule)
    sql = f"SELECT c.contact_id {compiler.frame(EVERYBODY)} AND {predicate}"
    return Sql(f"c.contact_id IN ({sql})", params.bind(now))


def _where(
    rule: Rule, now: datetime, known: Mapping[str, Field], scope: Scope
) -> tuple[str, dict[str, Any]]:
    params = Params()
    compiler = Compiler(known, params=params)
    predicate = compiler.predicate(rule)
    return f"{compiler.frame(scope)} AND {predicate}", params.bind(now)


def total() -> int:
    """About how many contacts there are: exact while they are few."""
    ((estimated,),) = db.fetch("SELECT reltuples FROM pg_class WHERE oid = 'contact'::regclass")
    if estimated > SAMPLE * 5:
        return int(estimated)
    ((n,),) = db.fetch("SELECT count(*) FROM contact WHERE merged_into IS NULL")
    return int(n)


def _exact(rule: Rule, now: datetime, known: Mapping[str, Field]) -> int | None:
    sql, params = _where(rule, now, known, EVERYBODY)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(EXACT_MS)])
            cursor.execute(f"SELECT count(*) {sql}", params)
            row = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != _CANCELLED:
            raise
        return None
    assert row is not None, "count(*) has a row"
    return int(row[0])


def _look(rule: Rule, now: datetime, known: Mapping[str, Field]) -> tuple[list[int], int]:
    """Whom of some random contacts the rule holds for, newest first, and of how many."""
    ids = random_ids()
    sql, params = _where(rule, now, known, THESE)
    rows = db.fetch(
        f"SELECT c.contact_id {sql} ORDER BY c.contact_id DESC", params | {"ids": ids}
    )
    ((looked,),) = db.fetch(
        "SELECT count(*) FROM contact c"
        " WHERE c.merged_into IS NULL AND c.contact_id = ANY(%(ids)s::bigint[])",
        {"ids": ids},
    )
    return [contact_id for (contact_id,) in rows], int(looked)


def _estimate(held: int, looked: int, everybody: int) -> Count:
    if not looked:
        return Count(0, everybody, exact=False, margin=everybody)
    share = held / looked
    spread = 1.96 * math.sqrt(max(share * (1 - share), 1 / looked) / looked)
    return Count(
        round(share * everybody), everybody, exact=False, margin=math.ceil(spread * everybody)
    )


def random_ids() -> Sequence[int]:
    """Ids to look at for an estimate, spread evenly over all there ever were."""
    ((low, high),) = db.fetch("SELECT min(contact_id), max(contact_id) FROM contact")
    span = range(int(low), int(high) + 1)
    return sorted(random.sample(span, min(SAMPLE, len(span))))
