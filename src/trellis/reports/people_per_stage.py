"""How many people stand in each stage, over time (L2)?

The answer is summed up from the history of moves since its beginning, never from today's
stages: whoever stood in a stage at the end of a period counts there in that period,
wherever they went later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trellis.core import db
from trellis.core.days import zone
from trellis.core.sql import load
from trellis.leads import queries as leads
from trellis.leads.queries import StageRow
from trellis.reports import periods
from trellis.reports.periods import Step

_SQL = load("trellis.reports", "people_per_stage")


@dataclass(frozen=True, kw_only=True)
class PeoplePerStage:
    """People by stage at the end of each period; ``counts`` has a row for each period, in
    the order of ``stages``. The last period may not be over yet."""

    stages: Sequence[StageRow]
    periods: Sequence[date]
    counts: Sequence[Sequence[int]]

    @property
    def last_change(self) -> Sequence[int]:
        """By how much each stage grew in the last period."""
        if len(self.counts) < 2:
            return list(self.counts[-1]) if self.counts else []
        return [b - a for a, b in zip(self.counts[-2], self.counts[-1], strict=True)]


def people_per_stage(
    line_id: int, since: date, today: date, step: Step, *, visitors: bool = False
) -> PeoplePerStage:
    """Count from the period of ``since`` to that of ``today``.

    With ``visitors``, those who never said who they are count in the first stage, where
    they stand without a lead.
    """
    stages = list(leads.stages(line_id).values())
    shown = periods.between(since, today, step)
    params = {"line": line_id, "step": step, "zone": zone().key}
    flows: dict[int, dict[date, int]] = defaultdict(dict)
    for period, stage_id, n in db.fetch(_SQL["flows"], params):
        flows[stage_id][period] = n
    if visitors and stages:
        first = flows[stages[0].id]
        for period, n in db.fetch(_SQL["visitors"], params):
            first[period] = first.get(period, 0) + n
    used = [row for row in stages if not row.archived or any(flows[row.id].values())]
    columns = [_running(flows[row.id], shown) for row in used]
    return PeoplePerStage(
        stages=used, periods=shown, counts=[list(row) for row in zip(*columns, strict=True)]
    )


def _running(flow: Mapping[date, int], shown: Sequence[date]) -> list[int]:
    total = sum(n for period, n in flow.items() if period < shown[0])
    found = []
    for period in shown:
        total += flow.get(period, 0)
        found.append(total)
    return found
