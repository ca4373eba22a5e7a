"""The past of the demo's segments: who came and went, growth, a list and a snapshot.

The engine said who is in which segment now; what happened before follows from what people
did, so that growth and reasons can be looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from trellis.core import db, sql
from trellis.core.days import day_of, zone
from trellis.reports.models import Funnel
from trellis.segments import growth
from trellis.segments.models import Segment, SegmentRule

FOLDERS: dict[str, tuple[str, ...]] = {
    "Courses": ("master-class-visitors", "master-class-repeated", "warm-professionals"),
    "Newsletter": ("readers-en", "readers-es", "readers-ca", "readers-ru", "readers-zh"),
    "Shop": ("cart-abandoned", "bread-lovers", "sleeping-customers"),
}
WINDOWED = ("master-class-visitors", "viewed-master-class", 30)
"""A segment of those who did something within days: its whole past can be told."""
HISTORY = timedelta(days=119)
FROZEN = timedelta(days=21)
"""How long ago the snapshot was taken."""

_SQL = sql.load(__package__, "groups")


def tell(first: int, now: datetime) -> None:
    """Give the segments their past; ``first`` is the first contact of the demo."""
    begun = now - HISTORY
    for folder, keys in FOLDERS.items():
        Segment.objects.filter(key__in=keys).update(folder=folder)
    Segment.objects.update(created_at=begun, updated_at=begun)
    SegmentRule.objects.bulk_create(
        SegmentRule(segment_id=row.pk, version=1, rule=row.rule, at=begun, actor="")
        for row in Segment.objects.all()
    )
    db.run(_SQL["age_moves"], {"first": first})
    db.run(_SQL["reader_moves"], {"segments": list(FOLDERS["Newsletter"])})
    segment, signal, days = WINDOWED
    db.run(_SQL["forget_moves"], {"segment": segment})
    db.run(
        _SQL["windowed_moves"],
        {
            "segment": segment,
            "signal": signal,
            "days": days,
            "zone": zone().key,
            "now": now,
            "morning": timedelta(minutes=1),
        },
    )
    db.run(_SQL["windowed_since"], {"segment": segment})
    _list(now)
    _snapshot(now)
    for name, steps in FUNNELS:
        Funnel.objects.create(name=name, steps=list(steps), created_at=begun)
    db.run(_SQL["sizes"])
    growth.write(since=day_of(begun))


FUNNELS: tuple[tuple[str, tuple[dict[str, str], ...]], ...] = (
    (
        "From product to order",
        (
            {"signal": "viewed-page"},
            {"signal": "viewed-product"},
            {"signal": "added-to-cart"},
            {"signal": "ordered"},
        ),
    ),
    (
        "Master class, to the booking",
        (
            {"signal": "viewed-master-class"},
            {"signal": "read-master-class"},
            {"signal": "submitted-form"},
            {"signal": "booked-course"},
        ),
    ),
)
"""Saved funnels: name, steps."""


def _list(now: datetime) -> None:
    row = Segment.objects.create(
        key="trade-fair-guests",
        name="Trade fair guests",
        description="Whom we met at the trade fair, from the visitors’ book.",
        kind="static",
        status="live",
        progress=100,
        created_at=now - timedelta(days=40),
        updated_at=now - timedelta(days=38),
    )
    db.run(_SQL["fair"], {"segment": row.pk, "at": now - timedelta(days=39)})


def _snapshot(now: datetime) -> None:
    source = Segment.objects.get(key="hot-visitors")
    taken = now - FROZEN
    row = Segment.objects.create(
        key="hot-three-weeks-ago",
        name="Hot visitors, three weeks ago",
        description="Frozen before the autumn campaign, to see what became of them.",
        kind="snapshot",
        rule=source.rule,
        status="live",
        progress=100,
        created_at=taken,
        updated_at=taken,
        built_at=taken,
        taken_at=taken,
    )
    db.run(_SQL["frozen"], {"segment": row.pk, "at": taken, "signal": "added-to-cart"})
