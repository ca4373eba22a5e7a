"""Scoring everybody again after a rule of the model changed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bench import data
from bench.base import Result, instance

PLAN: tuple[tuple[str, int, str, int | None, int | None], ...] = (
    ("engagement", 1, "page-viewed", 10, 30),
    ("interest", 3, "product-viewed", 15, 60),
    ("interest", 10, "price-list-viewed", 20, None),
    ("interest", 2, "article-read", 10, 90),
    ("engagement", 2, "video-watched", 8, None),
    ("engagement", 8, "added-to-cart", 16, 30),
    ("engagement", 5, "form-started", 10, None),
)
"""Bucket, points, signal, cap, window in days."""

_HAND = """
WITH moved AS (
UPDATE standing s SET demographic = v.d, interest = v.i, engagement = v.e,
    score = v.d + v.i + v.e,
    temperature = CASE WHEN v.d + v.i + v.e >= 50 THEN 'hot'
        WHEN v.d + v.i + v.e >= 20 THEN 'warm' ELSE 'cold' END
FROM (
    SELECT c.contact_id,
        CASE WHEN lower(c.country) = 'es' THEN 10 ELSE 0 END AS d,
        least(15, %(points)s * coalesce(f.f1, 0)) + least(20, 10 * coalesce(f.f2, 0))
            + least(10, 2 * coalesce(f.f3, 0)) AS i,
        least(10, coalesce(f.f0, 0)) + least(8, 2 * coalesce(f.f4, 0))
            + least(16, 8 * coalesce(f.f5, 0)) + least(10, 5 * coalesce(f.f6, 0)) AS e
    FROM contact c
    LEFT JOIN (
        SELECT d.contact_id,
            sum(d.n) FILTER (WHERE d.signal_id = %(s0)s AND d.day > %(w30)s) AS f0,
            sum(d.n) FILTER (WHERE d.signal_id = %(s1)s AND d.day > %(w60)s) AS f1,
            sum(d.n) FILTER (WHERE d.signal_id = %(s2)s) AS f2,
            sum(d.n) FILTER (WHERE d.signal_id = %(s3)s AND d.day > %(w90)s) AS f3,
            sum(d.n) FILTER (WHERE d.signal_id = %(s4)s) AS f4,
            sum(d.n) FILTER (WHERE d.signal_id = %(s5)s AND d.day > %(w30)s) AS f5,
            sum(d.n) FILTER (WHERE d.signal_id = %(s6)s) AS f6
        FROM signal_daily d
        WHERE d.signal_id IN (%(s0)s, %(s1)s, %(s2)s, %(s3)s, %(s4)s, %(s5)s, %(s6)s)
        GROUP BY d.contact_id
    ) f ON f.contact_id = c.contact_id
    WHERE c.merged_into IS NULL
) v
WHERE v.contact_id = s.contact_id AND (s.demographic, s.interest, s.engagement)
    IS DISTINCT FROM (v.d, v.i, v.e)
RETURNING s.contact_id, s.demographic, s.interest, s.engagement, s.score, s.temperature
)
INSERT INTO score_day AS t (contact_id, model_id, day, demographic, interest, engagement, score,
    temperature)
SELECT contact_id, %(model)s, %(today)s, demographic, interest, engagement, score, temperature
FROM moved
ON CONFLICT (contact_id, model_id, day) DO UPDATE SET demographic = EXCLUDED.demographic,
    interest = EXCLUDED.interest, engagement = EXCLUDED.engagement, score = EXCLUDED.score,
    temperature = EXCLUDED.temperature
"""

CHANGED, BEFORE, AFTER = "product-viewed", 3, 4
"""The rule that changes, with its points."""


def run(small: bool) -> list[Result]:
    """Seconds to score everybody after one rule changed, beside one hand-written statement
    that writes the same scores and their history; ours moves stages and segments too."""
    with instance():
        made = data.fill(small)
        _define(made)
        _rescore()
        by_hand = _hand(made, AFTER)
        _hand(made, BEFORE)
        _vacuum()
        _change()
        took = _rescore()
    return [
        Result(
            name="everybody scored again",
            figure=took,
            unit="s",
            limit=by_hand,
            ratio=by_hand / took,
            contacts=made.contacts,
            events=made.events,
        )
    ]


def _define(made: data.Filled) -> None:
    from trellis.scoring.models import ScoreModel, ScoreRule

    model = ScoreModel.objects.get(default=True)
    for bucket, points, key, cap, window in PLAN:
        ScoreRule.objects.create(
            model=model,
            name=key,
            bucket=bucket,
            points=points,
            signal_id=made.signals[key],
            cap=cap,
            window_days=window,
        )
    country = {"field": "contact.country", "op": "eq", "value": "ES"}
    ScoreRule.objects.create(
        model=model, name="Spain", bucket="demographic", points=10, rule=country
    )


def _hand(made: data.Filled, points: int) -> float:
    from trellis.core import clock, db
    from trellis.core.days import day_of
    from trellis.scoring.models import ScoreModel

    today = day_of(clock.now())
    params: dict[str, Any] = {"today": today, "model": ScoreModel.objects.get(default=True).pk}
    params |= {f"w{n}": today - timedelta(days=n) for n in (30, 60, 90)}
    params |= {f"s{i}": made.signals[key] for i, (_b, _p, key, _c, _w) in enumerate(PLAN)}
    started = time.perf_counter()
    db.run(_HAND, params | {"points": points})
    return time.perf_counter() - started


def _change() -> None:
    from trellis.core.locks import changing_definitions
    from trellis.scoring.models import ScoreRule

    with changing_definitions():
        ScoreRule.objects.filter(name=CHANGED).update(points=AFTER)


def _vacuum() -> None:
    from trellis.core import db

    db.run("VACUUM ANALYZE standing")
    db.run("VACUUM ANALYZE score_day")


def _rescore() -> float:
    from trellis.pipeline import recompute

    started = time.perf_counter()
    recompute.recompute()
    return time.perf_counter() - started
