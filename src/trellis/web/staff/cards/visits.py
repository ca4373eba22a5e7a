"""How somebody came: first and last touch, recent visits and devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.sources.queries import arrivals
from trellis.tracking.visits import visits as of_contact
from trellis.web.staff.cards.subject import Subject

ICONS = {"phone": "device-mobile", "tablet": "device-mobile", "desktop": "device-desktop"}


def visits(subject: Subject) -> Mapping[str, Any] | None:
    """The first and the last arrival, and the latest visits with their devices."""
    came = arrivals(subject.id)
    rows = of_contact(subject.id, subject.now)
    if not came and not rows:
        return None
    return {
        "first": came[-1] if came else None,
        "last": came[0] if len(came) > 1 else None,
        "touches": len(came),
        "visits": [{"visit": row, "icon": ICONS.get(row.device.form, "world")} for row in rows],
    }
