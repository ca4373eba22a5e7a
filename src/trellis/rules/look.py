"""Whom a rule finds, quick enough to follow every change while it is written: counted
exactly where that is cheap, or else estimated from people picked at random."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.rules import types
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import SAMPLE, random_ids, total
from trellis.rules.params import EVERYBODY, THESE, Params, Scope
from trellis.rules.registry import Field
from trellis.rules.types import Rule

EXACT_MS = 450
"""How long the count of everybody may take, in milliseconds."""
MORE_MS = 150
"""How long the search for a few names may take beyond those already seen."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many contacts a rule holds for. An estimate lies within ``margin`` of the truth
    in 95 of 100 cases."""

    n: int
    total: int
    exact: bool
    margin: int = 0


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many a rule holds for, of how many ``looked`` at, and some of them."""

    count: Count
    looked: int
    contact_ids: tuple[int, ...]


def look(rule: Rule, now: datetime, known: Mapping[str, Field], n: int = 10) -> Found:
    """Count the contacts that a rule holds for, and name up to ``n``, the newest first.

    Up to twice ``evaluate.SAMPLE`` contacts are all looked at. Beyond, people picked at
    random give an estimate, which an exact count replaces where it is quick.
    """
    everybody = total()
    if types.is_empty(rule) or everybody == 0:
        return Found(count=Count(0, everybody, exact=True), looked=everybody, contact_ids=())
    if everybody <= SAMPLE * 2:
        sql, params = _holding(rule, now, known, EVERYBODY)
        ids = [row[0] for row in db.fetch(f"SELECT c.contact_id {sql}", params)]
        count = Count(len(ids), everybody, exact=True)
        return Found(count=count, looked=everybody, contact_ids=_newest(ids, n))
    seen, looked = _sampled(rule, now, known)
    count = _estimate(len(seen), looked, everybody)
    sql, params = _holding(rule, now, known, EVERYBODY)
    rows = db.fetch_within(EXACT_MS, f"SELECT count(*) {sql}", params)
    if rows is not None:
        count = Count(int(rows[0][0]), everybody, exact=True)
    if len(seen) < n and (not count.exact or count.n > len(seen)):
        more = db.fetch_within(
            MORE_MS, f"SELECT c.contact_id {sql} LIMIT %(n)s", params | {"n": n}
        )
        seen += [number for (number,) in more or []]
    return Found(count=count, looked=looked, contact_ids=_newest(seen, n))


def _newest(ids: list[int], n: int) -> tuple[int, ...]:
    return tuple(sorted(set(ids), reverse=True)[:n])


def _holding(
    rule: Rule, now: datetime, known: Mapping[str, Field], scope: Scope
) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE that leave the contacts of a scope that the rule holds for."""
    params = Params()
    compiler = Compiler(known, params=params)
    predicate = compiler.predicate(rule)
    return f"{compiler.frame(scope)} AND {predicate}", params.bind(now)


def _sampled(rule: Rule, now: datetime, known: Mapping[str, Field]) -> tuple[list[int], int]:
    """Whom of some random contacts the rule holds for, and how many those are."""
    ids = random_ids()
    params = Params()
    compiler = Compiler(known, params=params)
    held = f"CASE WHEN {compiler.predicate(rule)} THEN c.contact_id END"
    rows = db.fetch(
        f"SELECT {held} {compiler.frame(THESE)}", params.bind(now) | {"ids": list(ids)}
    )
    return [number for (number,) in rows if number is not None], len(rows)


def _estimate(held: int, looked: int, everybody: int) -> Count:
    if not looked:
        return Count(0, everybody, exact=False, margin=everybody)
    share = held / looked
    spread = 1.96 * math.sqrt(max(share * (1 - share), 1 / looked) / looked)
    return Count(
        round(share * everybody), everybody, exact=False, margin=math.ceil(spread * everybody)
    )
