"""Upkeep: scores, stages and membership of the people a batch touched, with 200 segments and
100 score rules; and how long after its arrival a fact has moved the segments, under load.

The limit is one hand-written statement that writes the same scores and the same membership
for these rules: one pass over the days, then points, then segments, then the differences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bench.base import Result, instance
from bench.company import CITIES, leaf

RULES, SEGMENTS = 100, 200
BATCH = 2_000
TURNS = 10
WINDOWS: tuple[int | None, ...] = (7, 14, 30, 60, 90, None)
BUCKETS = ("interest", "engagement")


@dataclass(frozen=True)
class Counted:
    """What a rule or a segment reads of behaviour: a signal within a window of days."""

    signal: str
    days: int | None


def counted(signals: Sequence[str]) -> list[Counted]:
    """Every signal in every window."""
    return [Counted(key, days) for days in WINDOWS for key in signals]


def run(small: bool) -> list[Result]:
    """Contacts per second beside the limit, and the 95th percentile of the delay."""
    from bench import data, pipeline

    turns = 4 if small else TURNS
    with instance():
        filled = data.fill(small)
        by_hand = _define(filled.signals)
        ours, hand = _race(by_hand, filled.contacts, turns)
        delay = pipeline.delay(filled.contacts)
    about = {"contacts": filled.contacts, "events": filled.events}
    return [
        Result(
            name="upkeep, 200 segments, 100 rules", figure=ours, unit="contacts/s", limit=hand,
            ratio=ours / hand, **about,
        ),
        Result(
            name="upkeep, p95 of membership lag", figure=delay, unit="s", limit=1.0,
            ratio=1.0 / max(delay, 0.001), **about,
        ),
    ]  # fmt: skip


def _race(by_hand: ByHand, contacts: int, turns: int) -> tuple[float, float]:
    """Contacts per second of both, over the same kind of people; the first turn warms up."""
    from trellis.core import clock
    from trellis.pipeline.derive import derive

    def ours(ids: list[int]) -> object:
        return derive(ids, clock.now(), {})

    spent = {"ours": 0.0, "hand": 0.0}
    works: tuple[tuple[str, Callable[[list[int]], object]], ...] = (
        ("hand", by_hand.run),
        ("ours", ours),
    )
    for turn in range(turns + 1):
        for side, (name, work) in enumerate(works):
            first = 1 + (turn * 2 + side) * 37
            step = max(1, contacts // BATCH)
            ids = list(range(first, contacts, step))[:BATCH]
            seconds = _work(ids, work)
            if turn:
                spent[name] += seconds
    return turns * BATCH / spent["ours"], turns * BATCH / spent["hand"]


def _work(ids: list[int], work: Callable[[list[int]], object]) -> float:
    """Let everybody do one thing, and see how long it takes until it shows."""
    from django.db import transaction

    from trellis.core import clock, db

    db.run(_SOMETHING, {"ids": ids, "now": clock.now()})
    began = time.perf_counter()
    with transaction.atomic():
        work(ids)
    return time.perf_counter() - began


_SOMETHING = """
INSERT INTO signal_daily AS d (contact_id, signal_id, day, n, sum, first_at, last_at)
SELECT t.id, s.id, %(now)s::date, 1, 0, %(now)s, %(now)s
FROM unnest(%(ids)s::bigint[]) AS t (id)
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS many FROM signal) s
    ON s.n - 1 = t.id %% s.many
ON CONFLICT (contact_id, signal_id, day) DO UPDATE SET n = d.n + 1
"""
"""One thing that each of them does once more today."""


def _define(signals: dict[str, int]) -> ByHand:
    from bench import data
    from bench.everybody import derive_everybody
    from trellis.core import locks
    from trellis.scoring.models import ScoreModel, ScoreRule
    from trellis.segments.models import Segment

    model = ScoreModel.objects.get(default=True)
    model.rules.all().delete()
    reads = counted(sorted(signals))
    points = [(reads[n % len(reads)], 1 + n % 4, 10 + n % 20) for n in range(RULES)]
    ScoreRule.objects.bulk_create(
        ScoreRule(
            model=model, name=f"{n}", bucket=BUCKETS[n % 2], points=each, cap=cap,
            signal_id=signals[read.signal], window_days=read.days,
        )
        for n, (read, each, cap) in enumerate(points)
    )  # fmt: skip
    wanted = [_wanted(n, reads) for n in range(SEGMENTS)]
    rows = [
        Segment.objects.create(key=f"s-{n}", name=f"S {n}", rule=rule, status="live")
        for n, (rule, _sql) in enumerate(wanted)
    ]
    locks.forget_definitions()
    with data.step("everybody"):
        derive_everybody()
    tests = [(row.pk, sql) for row, (_rule, sql) in zip(rows, wanted, strict=True)]
    return ByHand(signals, reads, points, tests)


def _wanted(n: int, reads: list[Counted]) -> tuple[dict[str, Any], str]:
    """A segment as a rule, and as its author would write it in SQL."""
    place = (n * 7) % len(reads)
    read, least = reads[place], 1 + n % 4
    behaviour = leaf(f"signal.{read.signal}", "count_gte", least)
    if read.days is not None:
        behaviour["within"] = {"n": read.days, "unit": "day"}
    did = f"coalesce(v.f{place}, 0) >= {least}"
    city = CITIES[n % 5]
    if n % 4 == 0:
        rule = {"all": [leaf("contact.city", "eq", city), behaviour]}
        return rule, f"lower(v.city) = '{city.lower()}' AND {did}"
    if n % 4 == 1:
        rule = {"any": [behaviour, leaf("attr.revenue", "gte", 10 + n)]}
        return (
            rule,
            f"({did} OR coalesce((v.attributes ->> 'revenue')::numeric >= {10 + n}, false))",
        )
    if n % 4 == 2:
        return {"all": [leaf("score", "gte", n), behaviour]}, f"v.score >= {n} AND {did}"
    return {"all": [leaf("contact.known", "eq", True), behaviour]}, f"v.known AND {did}"


class ByHand:
    """One statement for these rules."""

    def __init__(
        self,
        signals: dict[str, int],
        reads: list[Counted],
        points: list[tuple[Counted, int, int]],
        tests: list[tuple[int, str]],
    ) -> None:
        place = {read: f"f{n}" for n, read in enumerate(reads)}
        columns = ", ".join(
            f"sum(d.n) FILTER (WHERE d.signal_id = {signals[read.signal]}"
            + (f" AND d.day > %(w{read.days})s" if read.days else "")
            + f") AS {name}"
            for read, name in place.items()
        )
        sums = [
            " + ".join(
                f"least({cap}, {each} * coalesce(f.{place[read]}, 0))"
                for n, (read, each, cap) in enumerate(points)
                if n % 2 == side
            )
            for side in (0, 1)
        ]
        arms = ", ".join(f"CASE WHEN {sql} THEN {id_} END" for id_, sql in tests)
        numbers = ", ".join(str(id_) for id_, _sql in tests)
        self.text = _HAND.format(
            names=", ".join(f"f.{name}" for name in place.values()),
            columns=columns,
            interest=sums[0],
            engagement=sums[1],
            arms=arms,
            numbers=numbers,
        )

    def run(self, ids: list[int]) -> None:
        """Bring scores and membership of these contacts up to date."""
        from trellis.core import clock, db

        today: date = clock.now().date()
        windows = {f"w{days}": today - timedelta(days=days) for days in WINDOWS if days}
        db.run("SELECT set_config('jit', 'off', true)", {})
        db.run(self.text, {**windows, "ids": ids, "now": clock.now()})


_HAND = """
WITH f AS (
    SELECT d.contact_id, {columns}
    FROM signal_daily d WHERE d.contact_id = ANY(%(ids)s::bigint[]) GROUP BY d.contact_id
), v AS MATERIALIZED (
    SELECT c.contact_id, c.city, c.known, c.attributes, {names}, b.interest, b.engagement,
        b.interest + b.engagement AS score
    FROM contact c LEFT JOIN f ON f.contact_id = c.contact_id
    CROSS JOIN LATERAL (SELECT {interest} AS interest, {engagement} AS engagement OFFSET 0) b
    WHERE c.contact_id = ANY(%(ids)s::bigint[]) AND c.merged_into IS NULL
), scored AS (
    UPDATE standing s SET interest = v.interest, engagement = v.engagement, score = v.score,
        temperature = CASE WHEN v.score >= 50 THEN 'hot' WHEN v.score >= 20 THEN 'warm'
            ELSE 'cold' END
    FROM v WHERE s.contact_id = v.contact_id
        AND (s.interest, s.engagement) IS DISTINCT FROM (v.interest, v.engagement)
), held AS MATERIALIZED (
    SELECT v.contact_id, array_remove(ARRAY[{arms}], NULL) AS ids FROM v
), left_ones AS (
    DELETE FROM membership m USING held h WHERE m.contact_id = h.contact_id
        AND m.segment_id IN ({numbers}) AND NOT m.segment_id = ANY(h.ids)
)
INSERT INTO membership AS m (contact_id, segment_id, since)
SELECT h.contact_id, u.segment_id, %(now)s
FROM held h CROSS JOIN LATERAL unnest(h.ids) AS u (segment_id)
ON CONFLICT (contact_id, segment_id) DO NOTHING
"""
