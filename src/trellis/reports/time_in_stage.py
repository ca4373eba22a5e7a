"""How long do leads stand in each stage?

Only those who moved on (or ended) count: whoever still stands there has not told yet how
long it takes. ``reports.stuck`` looks at those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.core import db
from trellis.core.sql import load

_SQL = load("trellis.reports", "time_in_stage")
ENOUGH = 5
"""Leads that must have moved on before a percentile says anything."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Of ``n`` leads that moved on, half did within ``median``, nine of ten within ``p90``."""

    n: int
    median: timedelta
    p90: timedelta


def time_in_stage(line_id: int, since: datetime) -> Mapping[int, Span]:
    """By stage id, of those who moved on since a time; stages nobody left are missing."""
    rows = db.fetch(_SQL["spans"], {"line": line_id, "since": since})
    return {
        stage_id: Span(
            n=n, median=timedelta(seconds=float(median)), p90=timedelta(seconds=float(p90))
        )
        for stage_id, n, median, p90 in rows
    }
