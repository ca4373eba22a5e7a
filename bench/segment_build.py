"""Building a segment with attributes and two windows for everybody, and its live preview."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bench import data
from bench.base import Result, instance

RULE: dict[str, Any] = {
    "all": [
        {"field": "contact.country", "op": "in", "value": ["ES", "DE", "US"]},
        {"field": "contact.locale", "op": "eq", "value": "en"},
        {
            "field": "signal.product-viewed",
            "op": "count_gte",
            "value": 2,
            "within": {"n": 60, "unit": "day"},
        },
        {
            "field": "signal.price-list-viewed",
            "op": "did",
            "within": {"n": 90, "unit": "day"},
        },
    ]
}

_HAND = """
INSERT INTO membership (contact_id, segment_id, since)
SELECT c.contact_id, %(segment)s, %(now)s
FROM contact c
JOIN (
    SELECT d.contact_id FROM signal_daily d
    WHERE d.signal_id IN (%(product)s, %(price)s) AND d.day > %(ninety)s
    GROUP BY d.contact_id
    HAVING sum(d.n) FILTER (WHERE d.signal_id = %(product)s AND d.day > %(sixty)s) >= 2
        AND sum(d.n) FILTER (WHERE d.signal_id = %(price)s) > 0
) f ON f.contact_id = c.contact_id
WHERE c.merged_into IS NULL AND lower(c.country) IN ('es', 'de', 'us')
    AND lower(c.locale) = 'en'
"""

_NEXT = """
UPDATE standing s SET next_on = least(s.next_on, f.next_on)
FROM (
    SELECT d.contact_id, min(least(
        CASE WHEN d.signal_id = %(product)s AND d.day > %(sixty)s THEN d.day + 60 END,
        CASE WHEN d.signal_id = %(price)s AND d.day > %(ninety)s THEN d.day + 90 END
    )) AS next_on
    FROM membership m
    JOIN signal_daily d ON d.contact_id = m.contact_id
        AND d.signal_id IN (%(product)s, %(price)s) AND d.day > %(ninety)s
    WHERE m.segment_id = %(segment)s
    GROUP BY d.contact_id
) f
WHERE f.contact_id = s.contact_id
"""


def run(small: bool) -> list[Result]:
    """Seconds of a full build beside two hand-written statements that write the same rows,
    membership and the day on which it may end; and of a preview, beside the second it may
    take."""
    with instance():
        made = data.fill(small)
        by_hand, members = _hand(made)
        built, ours = _build()
        preview = _preview()
        assert members == ours, f"by hand {members} members, built {ours}"
    size = {"contacts": made.contacts, "events": made.events}
    return [
        Result(
            name="segment built in full",
            figure=built,
            unit="s",
            limit=by_hand,
            ratio=by_hand / built,
            **size,
        ),
        Result(
            name="live preview of the count",
            figure=preview,
            unit="s",
            limit=1.0,
            ratio=1.0 / preview,
            **size,
        ),
    ]


def _hand(made: data.Filled) -> tuple[float, int]:
    from trellis.core import clock, db
    from trellis.core.days import day_of
    from trellis.segments.models import Segment

    now = clock.now()
    today = day_of(now)
    segment = Segment.objects.create(key="hand", name="Hand", kind="static", status="live")
    params = {
        "segment": segment.pk,
        "now": now,
        "product": made.signals["product-viewed"],
        "price": made.signals["price-list-viewed"],
        "sixty": today - timedelta(days=60),
        "ninety": today - timedelta(days=90),
    }
    db.fetch("SELECT count(*) FROM signal_daily")
    db.fetch("SELECT count(*) FROM contact")
    started = time.perf_counter()
    members = db.run(_HAND, params)
    db.run(_NEXT, params)
    took = time.perf_counter() - started
    db.run("UPDATE standing SET next_on = NULL WHERE next_on IS NOT NULL")
    db.run("VACUUM ANALYZE standing")
    return took, members


def _build() -> tuple[float, int]:
    from trellis.accounts.types import SYSTEM
    from trellis.pipeline import recompute
    from trellis.segments import actions
    from trellis.segments.models import Membership, Segment

    segment = actions.create(SYSTEM, key="bench", name="Bench", rule=RULE)
    started = time.perf_counter()
    recompute.build_segment(segment.pk)
    took = time.perf_counter() - started
    assert Segment.objects.get(pk=segment.pk).status == "live"
    return took, Membership.objects.filter(segment_id=segment.pk).count()


def _preview() -> float:
    from trellis.accounts.types import SYSTEM
    from trellis.core import clock
    from trellis.segments.preview import preview

    preview(SYSTEM, RULE, clock.now())
    started = time.perf_counter()
    preview(SYSTEM, RULE, clock.now())
    return time.perf_counter() - started
