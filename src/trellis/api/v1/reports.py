"""Reports: what pages plot, as numbers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.core import clock
from trellis.core.days import day_of, zone
from trellis.leads import queries as leads
from trellis.reports import conversion, funnels, most_seen, stuck, time_in_stage
from trellis.reports import funnel as funnel_report
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


class StepIn(Schema):
    """A step: a signal or a stage, by key."""

    signal: str | None = Field(None, max_length=64)
    stage: str | None = Field(None, max_length=64)


class FunnelIn(Schema):
    """Two to eight steps, whose first is taken from ``since`` on (90 days where left out)."""

    steps: list[StepIn] = Field(min_length=2, max_length=8)
    since: date | None = None
    segment_id: int | None = Field(None, ge=1, lt=2**31)


class StepOut(Schema):
    """How many reached a step, of a hundred from the one before and from the first, the
    median seconds since the one before, and whether most stop before it."""

    kind: str
    key: str
    name: str
    n: int
    of_last: float
    of_first: float
    median: float | None
    worst: bool


class SavedIn(Schema):
    """A funnel to keep."""

    name: str = Field(max_length=120)
    steps: list[StepIn] = Field(min_length=2, max_length=8)


class SavedOut(Schema):
    """A saved funnel."""

    id: int
    name: str
    steps: list[Json]
    version: int


def _steps(steps: list[StepIn]) -> list[Json]:
    return [step.dict(exclude_none=True) for step in steps]


@router.post("/funnel", response=list[StepOut], summary="Where people stop on their way")
def funnel(request: HttpRequest, body: FunnelIn) -> Any:
    """Each step counts where it comes after the one before. Scope: reports.read."""
    caller(request, "reports.read")
    today = day_of(clock.now())
    since = min(body.since or today - timedelta(days=89), today)
    found = funnel_report.funnel(_steps(body.steps), since, today, body.segment_id)
    return [asdict(step) for step in found]


@router.get("/funnels", response=list[SavedOut], summary="Saved funnels")
def saved_funnels(request: HttpRequest) -> Any:
    """Scope: reports.read."""
    caller(request, "reports.read")
    return funnels.saved()


@router.post("/funnels", response={201: SavedOut}, summary="Save a funnel")
def save_funnel(request: HttpRequest, body: SavedIn) -> Status[Any]:
    """Scope: segments.write."""
    return Status(201, funnels.create(caller(request), body.name, _steps(body.steps)))


@router.get("/funnels/{funnel_id}", response=SavedOut, summary="Read a funnel")
def read_funnel(request: HttpRequest, funnel_id: Id) -> Any:
    """Scope: reports.read."""
    caller(request, "reports.read")
    return funnels.get(funnel_id)


@router.put(
    "/funnels/{funnel_id}",
    response=SavedOut,
    summary="Change a funnel",
    openapi_extra=etag.CHANGES,
)
def change_funnel(request: HttpRequest, funnel_id: Id, body: SavedIn) -> Any:
    """Scope: segments.write."""
    return funnels.update(
        caller(request),
        funnel_id,
        name=body.name,
        steps=_steps(body.steps),
        version=etag.seen(request),
    )


@router.delete(
    "/funnels/{funnel_id}",
    response={204: None},
    summary="Archive a funnel",
    openapi_extra=etag.CHANGES,
)
def archive_funnel(request: HttpRequest, funnel_id: Id) -> Status[None]:
    """Scope: segments.write."""
    funnels.archive(caller(request), funnel_id, clock.now(), etag.seen(request))
    return Status(204, None)


class ReachedOut(Schema):
    """A stage and how many of the cohort reached it; ``wide`` of the stage before,
    ``narrow`` of these to won, 0 to 1."""

    stage: str
    n: int
    lost: int
    disqualified: int
    wide: float
    narrow: float


class StuckOut(Schema):
    """A lead that stands still, since when, and what is too long there (seconds)."""

    contact_id: int
    stage: str
    since: datetime
    too_long: float
    by_limit: bool
    owner_id: int | None


class SpanOut(Schema):
    """How long those who moved on stood in a stage, in seconds."""

    stage: str
    n: int
    median: float
    p90: float


@router.get("/conversion", response=list[ReachedOut], summary="Conversion, wide and narrow")
def get_conversion(request: HttpRequest, query: Annotated[PeriodQuery, Query()]) -> list[Json]:
    """Of the leads that came since a day. Scope: reports.read."""
    caller(request, "reports.read")
    line_id, since, _today = query.read()
    start = datetime.combine(since, time(), zone())
    rows = conversion.conversion(line_id, stuck.live(line_id), start, clock.now())
    return [
        {
            "stage": row.stage.key,
            "n": row.n,
            "lost": row.lost,
            "disqualified": row.disqualified,
            "wide": row.wide,
            "narrow": row.narrow,
        }
        for row in rows
    ]


class LineQuery(Schema):
    """The line, the default one where left out."""

    line: str = Field("", max_length=64, description="Key of a business line.")


@router.get("/time-in-stage", response=list[SpanOut], summary="Time in stage")
def get_time_in_stage(request: HttpRequest, query: Annotated[LineQuery, Query()]) -> list[Json]:
    """Of those who moved on within a year. Scope: reports.read."""
    caller(request, "reports.read")
    line_id = leads.line(query.line).pk
    spans = time_in_stage.time_in_stage(line_id, clock.now() - timedelta(days=365))
    return [
        {
            "stage": stage.key,
            "n": spans[stage.id].n,
            "median": spans[stage.id].median.total_seconds(),
            "p90": spans[stage.id].p90.total_seconds(),
        }
        for stage in stuck.live(line_id)
        if stage.id in spans
    ]


@router.get("/stuck", response=list[StuckOut], summary="Stuck leads")
def get_stuck(request: HttpRequest, query: Annotated[LineQuery, Query()]) -> list[Json]:
    """Longer in a stage than its limit, or than nine in ten of those who moved on; at most
    500, the longest first. Scope: reports.read."""
    caller(request, "reports.read")
    line_id, now = leads.line(query.line).pk, clock.now()
    stages = stuck.live(line_id)
    spans = time_in_stage.time_in_stage(line_id, now - timedelta(days=365))
    keys = {stage.id: stage.key for stage in stages}
    return [
        {
            "contact_id": row.contact_id,
            "stage": keys[row.stage_id],
            "since": row.since,
            "too_long": row.too_long.total_seconds(),
            "by_limit": row.by_limit,
            "owner_id": row.owner_id,
        }
        for row in stuck.stuck(line_id, stuck.limits(stages, spans), now)
    ]
