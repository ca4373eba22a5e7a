"""What a score model would change, before it is saved."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from trellis.core import db
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import SAMPLE, random_ids, total
from trellis.rules.params import EVERYBODY, THESE, Params
from trellis.rules.registry import Field
from trellis.scoring import compute
from trellis.scoring.types import TEMPERATURES, ModelSpec

PEOPLE = 10
"""People shown one by one."""
BANDS = 24
"""Bars of the plot at most."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """How many people have ``low`` points up to the next band, before and after."""

    low: int
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One person whose score would change, and which rules give other points then: (name,
    before, after)."""

    contact_id: int
    before: int
    after: int
    temperature_before: str
    temperature: str
    why: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Impact:
    """How many contacts would change, in points or temperature: "1,204 contacts change,
    37 become hot". ``exact`` is
    false where this was reckoned from a sample of ``looked`` contacts; ``changed`` is then
    right within ``margin`` in 95 of 100 cases."""

    changed: int
    become_hot: int
    become_warm: int
    become_cold: int
    total: int
    exact: bool
    looked: int = 0
    margin: int = 0
    step: int = 10
    bands: tuple[Band, ...] = ()
    before: Mapping[str, int] | None = None
    after: Mapping[str, int] | None = None
    people: tuple[Changed, ...] = ()


def impact(
    model: ModelSpec,
    now: datetime,
    fields: Mapping[str, Field],
    live: ModelSpec | None = None,
) -> Impact:
    """Compare what the model gives at ``now`` with the scores as they stand; with ``live``,
    the model as it is, some people are shown with the rules that make the difference."""
    everybody = total()
    exact = everybody <= 2 * SAMPLE
    ids = None if exact else list(random_ids()) if everybody else []
    rows = _counts(model, now, fields, ids)
    looked = sum(row[-1] for row in rows)
    scale = 1.0 if exact or not looked else everybody / looked
    changed = sum(row[-1] for row in rows if row[4])
    became: Counter[str] = Counter()
    for before, after, _low, _high, _changed, n in rows:
        if before != after:
            became[after] += n
    share = changed / looked if looked else 0.0
    spread = 1.96 * math.sqrt(max(share * (1 - share), 1 / looked) / looked) if looked else 0
    found = Impact(
        changed=round(changed * scale),
        become_hot=round(became["hot"] * scale),
        become_warm=round(became["warm"] * scale),
        become_cold=round(became["cold"] * scale),
        total=everybody,
        exact=exact,
        looked=looked,
        margin=0 if exact else math.ceil(spread * everybody),
        before=_temperatures(rows, 0, scale),
        after=_temperatures(rows, 1, scale),
    )
    step, bands = _bands(rows, scale)
    people = () if live is None else _people(live, model, now, fields, ids)
    return replace(found, step=step, bands=bands, people=people)


def _counts(
    model: ModelSpec, now: datetime, fields: Mapping[str, Field], ids: Sequence[int] | None
) -> list[tuple[Any, ...]]:
    """(temperature before, after, score in tens before, after, changed, how many)."""
    params = Params()
    compiler = Compiler(fields, params=params)
    levels = compute.joined(compute.levels(compiler, model))
    stands = model.columns
    levels.append(
        "CROSS JOIN LATERAL (SELECT"
        f" {stands['score']} AS score, {stands['temperature']} AS temperature OFFSET 0) w"
    )
    frame = compiler.frame(EVERYBODY if ids is None else THESE, extra=levels)
    return db.fetch(
        "SELECT w.temperature, v.temperature, floor(w.score / 10.0)::int,"
        f" floor(v.score / 10.0)::int, (v.score, v.temperature) IS DISTINCT FROM (w.score, w.temperature), count(*) {frame}"
        " AND w.score IS NOT NULL GROUP BY 1, 2, 3, 4, 5",
        params.bind(now) | ({} if ids is None else {"ids": list(ids)}),
    )


def _temperatures(rows: Sequence[tuple[Any, ...]], place: int, scale: float) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row[place]] += row[-1]
    return {name: round(found[name] * scale) for name in TEMPERATURES}


def _bands(rows: Sequence[tuple[Any, ...]], scale: float) -> tuple[int, tuple[Band, ...]]:
    """Bands of ten points, or of more where that would be too many bars."""
    if not rows:
        return 10, ()
    low = min(min(row[2], row[3]) for row in rows)
    high = max(max(row[2], row[3]) for row in rows)
    wide = max(1, math.ceil((high - low + 1) / BANDS))
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    for row in rows:
        before[row[2] // wide] += row[-1]
        after[row[3] // wide] += row[-1]
    bands = [
        Band(
            low=place * wide * 10,
            before=round(before[place] * scale),
            after=round(after[place] * scale),
        )
        for place in range(low // wide, high // wide + 1)
    ]
    return wide * 10, tuple(bands)


def _people(
    live: ModelSpec,
    model: ModelSpec,
    now: datetime,
    fields: Mapping[str, Field],
    ids: Sequence[int] | None,
) -> tuple[Changed, ...]:
    params = Params()
    compiler = Compiler(fields, params=params)
    stands = model.columns
    levels = compute.joined(compute.levels(compiler, model))
    frame = compiler.frame(EVERYBODY if ids is None else THESE, extra=levels)
    rows = db.fetch(
        f"SELECT c.contact_id, {stands['score']}, v.score, {stands['temperature']},"
        f" v.temperature {frame} AND v.score <> {stands['score']}"
        f" ORDER BY v.temperature = {stands['temperature']}, c.known DESC,"
        f" abs(v.score - {stands['score']}) DESC, c.contact_id LIMIT {PEOPLE}",
        params.bind(now) | ({} if ids is None else {"ids": list(ids)}),
    )
    numbers = [row[0] for row in rows]
    was, will = (by_rule(spec, numbers, now, fields) for spec in (live, model))
    return tuple(
        Changed(
            contact_id=number,
            before=before,
            after=after,
            temperature_before=cold,
            temperature=hot,
            why=_difference(live, model, was.get(number, ()), will.get(number, ())),
        )
        for number, before, after, cold, hot in rows
    )


def by_rule(
    model: ModelSpec, contact_ids: Sequence[int], now: datetime, fields: Mapping[str, Field]
) -> dict[int, tuple[int, ...]]:
    """The points that each rule of a model gives some contacts, in the order of its rules."""
    if not contact_ids or not model.rules:
        return {}
    params = Params()
    compiler = Compiler(fields, params=params)
    points = ", ".join(f"({compute.points(compiler, rule)})::int" for rule in model.rules)
    rows = db.fetch(
        f"SELECT c.contact_id, {points} {compiler.frame(THESE)}",
        params.bind(now) | {"ids": list(contact_ids)},
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _difference(
    live: ModelSpec, model: ModelSpec, was: Sequence[int], will: Sequence[int]
) -> tuple[tuple[str, int, int], ...]:
    before = {rule.id: points for rule, points in zip(live.rules, was, strict=False)}
    after = {rule.id: points for rule, points in zip(model.rules, will, strict=False)}
    names = {rule.id: rule.name for rule in (*live.rules, *model.rules)}
    return tuple(
        (name, before.get(id_, 0), after.get(id_, 0))
        for id_, name in names.items()
        if before.get(id_, 0) != after.get(id_, 0)
    )
