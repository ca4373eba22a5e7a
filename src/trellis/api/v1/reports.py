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
from trellis.reports import most_seen
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


class SeenQuery(Schema):
    """Pages, clicks or messages, over whole days, of everybody or of a segment's members."""

    what: Literal["pages", "clicks", "messages"] = "pages"
    since: date | None = Field(None, description="30 days ago where left out.")
    segment_id: int | None = Field(None, ge=1, lt=2**31)
    limit: int = Field(50, ge=1, le=200)


class SeenItem(Schema):
    """A page, a thing clicked, or a message (by template); ``times`` and ``people`` follow
    ``kinds``."""

    key: str
    label: str
    times: list[int]
    people: list[int]


class SeenOut(Schema):
    """The most frequent items; ``cut_items`` more are not among them. Of a large segment
    only ``looked`` of its ``members`` were looked at, and the figures are scaled up."""

    kinds: list[str]
    items: list[SeenItem]
    cut: int
    cut_items: int
    looked: int
    members: int


@router.get("/most-seen", response=SeenOut, summary="Most viewed, clicked and read")
def most(request: HttpRequest, query: Annotated[SeenQuery, Query()]) -> Json:
    """Opens and clicks of machines do not count. Scope: reports.read."""
    caller(request, "reports.read")
    today = day_of(clock.now())
    since = min(query.since or today - timedelta(days=29), today)
    found = most_seen.most_seen(query.what, since, today, query.segment_id, query.limit)
    return {
        "kinds": list(most_seen.KINDS[query.what]),
        "items": [
            {"key": row.key, "label": row.label, "times": row.times, "people": row.people}
            for row in found.items
        ],
        "cut": found.cut,
        "cut_items": found.cut_items,
        "looked": found.looked,
        "members": found.members,
    }
