"""Reports: what pages plot, as numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Json
from trellis.core import clock
from trellis.core.days import day_of
from trellis.leads import queries as leads
from trellis.reports import people_per_stage as per_stage

router = Router(tags=["reports"])


class PeriodQuery(Schema):
    """Which line (the default one where left out), since when, and by which period."""

    line: str = Field("", max_length=64, description="Key of a business line.")
    since: date | None = Field(None, description="90 days ago where left out.")
    step: Literal["day", "week", "month"] = "week"

    def read(self) -> tuple[int, date, date]:
        """The line's id, the first day and today. Raises ``NotFound``."""
        today = day_of(clock.now())
        return leads.line(self.line).pk, self.since or today - timedelta(days=89), today


class PeopleQuery(PeriodQuery):
    """People per stage; ``visitors`` counts those nobody knows in the first stage."""

    visitors: bool = False


class PeopleOut(Schema):
    """People by stage (keys in ``stages``) at the end of each period."""

    stages: list[str]
    periods: list[date]
    counts: list[list[int]]


@router.get("/people-per-stage", response=PeopleOut, summary="People per stage over time")
def people_per_stage(request: HttpRequest, query: Annotated[PeopleQuery, Query()]) -> Json:
    """Counted from the history of moves. Scope: reports.read."""
    caller(request, "reports.read")
    line_id, since, today = query.read()
    found = per_stage.people_per_stage(
        line_id, min(since, today), today, query.step, visitors=query.visitors
    )
    return {
        "stages": [row.key for row in found.stages],
        "periods": found.periods,
        "counts": found.counts,
    }
