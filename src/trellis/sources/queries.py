"""What pages and the API read about arrivals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trellis.core import db, sql
from trellis.people import masking

_SQL = sql.load(__package__, "touches")


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
    """A contact's touches, newest first: one query."""
    return [
        Arrival(
            at=at,
            source=key or "",
            source_name=name or "",
            how=how,
            utm=masking.value("", json.loads(utm) if isinstance(utm, str) else utm),
            page=masking.text(page),
            referrer=masking.text(referrer),
        )
        for at, key, name, how, utm, page, referrer in db.fetch(
            _SQL["of_contact"], {"contact": contact_id, "most": limit}
        )
    ]
