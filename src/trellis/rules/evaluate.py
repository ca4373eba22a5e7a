"""Asking which contacts rules hold for."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from trellis.core import db, locks
from trellis.rules import registry, types
from trellis.rules.compiler import Compiler
from trellis.rules.params import EVERYBODY, THESE, Params, Sql
from trellis.rules.registry import Field, Fields
from trellis.rules.types import Rule

SAMPLE = 10_000
"""Contacts looked at for an estimate."""

KEPT = 5.0
"""Seconds for which what fields offer is taken as it was."""

_FIELDS: locks.Definitions[Fields] = locks.Definitions(registry.snapshot)


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
    """The fields of the current epoch, kept between calls. What fields offer (templates,
    journeys, forms) may change without a new epoch; it is looked at again after a while."""
    ((epoch,),) = db.fetch("SELECT epoch FROM core_instance WHERE id = 1")
    return _OFFERED.of(_FIELDS.at(int(epoch)))


class _Offered:
    """The newest fields of an epoch; the same ones while nothing changed, so that what is
    compiled from them lasts."""

    def __init__(self) -> None:
        self._epoch: Fields | None = None
        self._newest: Fields | None = None
        self._read = 0.0

    def of(self, epoch: Fields) -> Fields:
        """The newest fields, given those the epoch began with."""
        now = time.monotonic()
        if self._epoch is not epoch or self._newest is None:
            self._epoch, self._newest, self._read = epoch, epoch, now
        elif now - self._read > KEPT:
            fresh = registry.snapshot()
            if list(fresh.values()) != list(self._newest.values()):
                self._newest = fresh
            self._read = now
        return self._newest


_OFFERED = _Offered()


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


def condition(rule: Rule, now: datetime, known: Mapping[str, Field] | None = None) -> Sql:
    """SQL over ``c.contact_id`` that says whether the rule holds, for lists to filter by."""
    if types.is_empty(rule):
        return Sql("false", {})
    params = Params("rule_")
    compiler = Compiler(known if known is not None else fields(), params=params)
    predicate = compiler.predicate(rule)
    sql = f"SELECT c.contact_id {compiler.frame(EVERYBODY)} AND {predicate}"
    return Sql(f"c.contact_id IN ({sql})", params.bind(now))


def total() -> int:
    """About how many contacts there are: exact while they are few."""
    ((estimated,),) = db.fetch("SELECT reltuples FROM pg_class WHERE oid = 'contact'::regclass")
    if estimated > SAMPLE * 5:
        return int(estimated)
    ((n,),) = db.fetch("SELECT count(*) FROM contact WHERE merged_into IS NULL")
    return int(n)


def random_order() -> list[int]:
    """Ids to look at for an estimate, spread evenly over all there ever were, in random
    order, so that any part of them is as good."""
    ((low, high),) = db.fetch("SELECT min(contact_id), max(contact_id) FROM contact")
    span = range(int(low), int(high) + 1)
    return random.sample(span, min(SAMPLE, len(span)))


def random_ids() -> Sequence[int]:
    """The same, in the order in which they lie."""
    return sorted(random_order())
