"""What pages and the API read about arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trellis.sources.models import Source, Touch


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One touch: through which source (its key; "" where unknown), how (form, import,
    campaign, visit or first), with the marks of its campaign."""

    at: datetime
    source: str
    source_name: str
    how: str
    utm: Mapping[str, str]
    page: str
    referrer: str


def arrivals(contact_id: int, limit: int = 100) -> list[Arrival]:
    """A contact's touches, newest first: two queries."""
    rows = list(
        Touch.objects.filter(contact_id=contact_id).order_by("-at", "-touch_id")[:limit]
    )
    sources = Source.objects.in_bulk([row.source_id for row in rows if row.source_id])
    return [_arrival(row, sources.get(row.source_id or 0)) for row in rows]


def _arrival(row: Touch, source: Source | None) -> Arrival:
    return Arrival(
        at=row.at,
        source=source.key if source else "",
        source_name=source.name if source else "",
        how=row.how,
        utm=row.utm,
        page=row.page,
        referrer=row.referrer,
    )
