"""Whom a rule finds, quick enough to follow every change while it is written: counted
exactly where that is cheap, or else estimated from people picked at random."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from trellis.core import db
from trellis.rules import types
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import SAMPLE, random_order, total
from trellis.rules.params import EVERYBODY, THESE, Params, Scope
from trellis.rules.registry import Field
from trellis.rules.types import Rule

EXACT_MS = 450
"""How long the count of everybody may take, in milliseconds."""
SAMPLE_MS = 450
"""How long the look at people picked at random may take; fewer are looked at where each
takes long."""
MORE_MS = 150
"""How long the search for a few names may take beyond those already seen."""
FIRST, FEWEST = 1_000, 50
"""People of the first look at random ones, which tells what each costs; and of the last
try where even those take too long."""


Rows: TypeAlias = list[tuple[Any, ...]] | None


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
    random give an estimate, which an exact count replaces where it is quick. Every statement
    is given up when its time is over, so that the dearest rule is answered too: from fewer
    people, with a wider margin.
    """
    everybody = total()
    if types.is_empty(rule) or everybody == 0:
        return Found(count=Count(0, everybody, exact=True), looked=everybody, contact_ids=())
    sql, params = _holding(rule, now, known, EVERYBODY)
    if everybody <= SAMPLE * 2:
        rows = db.fetch_within(EXACT_MS + SAMPLE_MS, f"SELECT c.contact_id {sql}", params)
        if rows is not None:
            ids = [row[0] for row in rows]
            count = Count(len(ids), everybody, exact=True)
            return Found(count=count, looked=everybody, contact_ids=_newest(ids, n))
    seen, looked = _sampled(rule, now, known)
    count = _estimate(len(seen), looked, everybody)
    rows = db.fetch_within(EXACT_MS, f"SELECT count(*) {sql}", params) if looked else None
    if rows is not None:
        count = Count(int(rows[0][0]), everybody, exact=True)
    if looked and len(seen) < n and (not count.exact or count.n > len(seen)):
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
    """Whom of some random contacts the rule holds for, and how many those are: as many as
    the time allows, judged by what the first of them took."""
    ids = random_order()
    params = Params()
    compiler = Compiler(known, params=params)
    held = f"CASE WHEN {compiler.predicate(rule)} THEN c.contact_id END"
    text, values = f"SELECT {held} {compiler.frame(THESE)}", params.bind(now)
    began = time.monotonic()

    def left() -> int:
        return int(SAMPLE_MS - 1_000 * (time.monotonic() - began))

    def ask(part: Sequence[int], ms: int) -> Rows:
        return db.fetch_within(ms, text, values | {"ids": sorted(part)})

    rows = ask(ids[:FIRST], SAMPLE_MS * 2 // 3)
    if rows is None:
        rows = ask(ids[:FEWEST], max(1, left())) or []
    elif (ahead := left()) > 0:
        took = SAMPLE_MS - ahead
        afford = FIRST * ahead // max(1, 2 * took)
        more = ask(ids[FIRST : FIRST + afford], ahead) if afford and len(ids) > FIRST else []
        rows += more or []
    return [number for (number,) in rows if number is not None], len(rows)


def _estimate(held: int, looked: int, everybody: int) -> Count:
    if not looked:
        return Count(0, everybody, exact=False, margin=everybody)
    share = held / looked
    spread = 1.96 * math.sqrt(max(share * (1 - share), 1 / looked) / looked)
    return Count(
        round(share * everybody), everybody, exact=False, margin=math.ceil(spread * everybody)
    )
