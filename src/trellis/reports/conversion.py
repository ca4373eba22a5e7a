"""How many of those who came reached each stage (L5)?

Wide: each stage to the next one. Narrow: from one stage to won. Counted by cohort: of the
leads that came into the line in a period, however long the way took them; who skipped a
stage reached it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trellis.core import db
from trellis.core.sql import load
from trellis.leads.queries import StageRow

_SQL = load("trellis.reports", "conversion")


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A stage on the way: how many of the cohort reached it, how many of those stopped
    there lost or disqualified, the share of the stage before (``wide``) and of all, and the
    share of these that went on to win (``narrow``), 0 to 1."""

    stage: StageRow
    n: int
    lost: int
    disqualified: int
    wide: float
    of_all: float
    narrow: float


def conversion(
    line_id: int, stages: Sequence[StageRow], since: datetime, until: datetime
) -> Sequence[Reached]:
    """The stages on the way (not beside it) with the cohort of ``since`` to ``until``."""
    path = [row for row in stages if row.kind in ("open", "won") and not row.archived]
    params = {
        "line": line_id,
        "since": since,
        "until": until,
        "stages": [row.id for row in path],
        "ranks": [row.rank for row in path],
    }
    by_rank = {row[0]: row[1:] for row in db.fetch(_SQL["reached"], params)}
    counts = [sum(n[0] for rank, n in by_rank.items() if rank >= row.rank) for row in path]
    won = next((n for row, n in zip(path, counts, strict=True) if row.kind == "won"), 0)
    found = []
    for place, (row, n) in enumerate(zip(path, counts, strict=True)):
        _n, lost, unfit = by_rank.get(row.rank, (0, 0, 0))
        before = counts[place - 1] if place else n
        found.append(
            Reached(
                stage=row,
                n=n,
                lost=lost,
                disqualified=unfit,
                wide=n / before if before else 0.0,
                of_all=n / counts[0] if counts[0] else 0.0,
                narrow=min(1.0, won / n) if n else 0.0,
            )
        )
    return found
