"""The catalogue of events, rejected items, sources; health and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.api import paging
from trellis.api.auth import caller
from trellis.api.paging import Json, PageQuery
from trellis.api.v1.contacts import plain
from trellis.core import clock
from trellis.core.errors import Forbidden
from trellis.events import queries
from trellis.people import masking
from trellis.pipeline import clockwork, gauges
from trellis.sources.models import Source
from trellis.tracking import replay

events_router = Router(tags=["events"])
rejected_router = Router(tags=["rejected events"])
sources_router = Router(tags=["sources"])
health_router = Router(tags=["health"])
clock_router = Router(tags=["clock"])
SHOWN_BYTES = 8_000


class NameOut(Schema):
    """A name that stands in the log."""

    name: str
    type: str
    description: str
    first_seen: datetime


class RejectedOut(Schema):
    """An item that was not accepted, as it came."""

    id: int
    at: datetime
    reason: str
    detail: str
    origin: str
    key_id: int | None
    body: str
    replayed_at: datetime | None

    @staticmethod
    def resolve_detail(row: Any) -> str:
        """Without what the caller may not see."""
        return masking.text(row.detail)

    @staticmethod
    def resolve_body(row: Any) -> str:
        """As text; bytes that are none are replaced."""
        return masking.body(bytes(row.body)[:SHOWN_BYTES].decode("utf-8", "replace"))


class RejectedPage(Schema):
    """A page of rejected items, newest first."""

    items: list[RejectedOut]
    next_cursor: str | None


class RejectedQuery(PageQuery):
    """Rejected items, of one reason where it is given."""

    reason: str = Field("", max_length=40)


class IdsIn(Schema):
    """Rejected items to read again."""

    ids: list[int] = Field(min_length=1, max_length=1_000)


class SourceOut(Schema):
    """A node of the tree of sources."""

    id: int
    key: str
    name: str
    parent_id: int | None
    origin: str
    paid: bool


class ClockIn(Schema):
    """How far to move."""

    hours: int = Field(ge=1, le=24 * 366)


@events_router.get("/names", response=list[NameOut], summary="The catalogue")
def catalogue(request: HttpRequest) -> Any:
    """The first 1,000 names seen in the log. Scope: events.read."""
    caller(request, "events.read")
    return queries.catalogue()


@rejected_router.get("", response=RejectedPage, summary="List rejected items")
def list_rejected(request: HttpRequest, query: Annotated[RejectedQuery, Query()]) -> Json:
    """Scope: events.read."""
    caller(request, "events.read")
    return paging.answer(queries.rejected(query.reason, query.after, query.limit))


@rejected_router.post("/replay", response=Json, summary="Read rejected items again")
def replay_rejected(request: HttpRequest, body: IdsIn) -> Any:
    """Scope: events.write."""
    numbers = [number for number in body.ids if 0 < number < 2**63]
    return plain(replay.replay(caller(request), numbers))


@sources_router.get("", response=list[SourceOut], summary="List sources")
def list_sources(request: HttpRequest) -> list[Source]:
    """The two-level tree. Scope: sources.read."""
    caller(request, "sources.read")
    return list(Source.objects.order_by("id"))


@health_router.get("", response=Json, summary="How Trellis runs")
def health(request: HttpRequest) -> Any:
    """Lag, what waits, who works, what was rejected in a day. Scope: health.read."""
    caller(request, "health.read")
    since = clock.now() - timedelta(days=1)
    reasons = queries.rejected_by_reason(since)
    rejected = [
        {"reason": code, "kept": kept, "replayed": done} for code, kept, done in reasons
    ]
    return {**plain(gauges.read()), "rejected": rejected}


@clock_router.get("", response=Json, summary="Read the clock")
def read_clock(request: HttpRequest) -> Json:
    """The product's time and, in a sandbox, how far it runs ahead. Scope: health.read."""
    caller(request, "health.read")
    return {"now": clock.now(), "ahead_seconds": int(clock.offset().total_seconds())}


@clock_router.post("/advance", response=Json, summary="Move the sandbox clock")
def advance(request: HttpRequest, body: ClockIn) -> Json:
    """Runs all that falls due on the way; answers when it is done. Sandbox only.
    Scope: clock.move."""
    caller(request, "clock.move")
    if not settings.TRELLIS_SANDBOX:
        raise Forbidden("The clock moves in a sandbox only.")
    done = clockwork.advance(timedelta(hours=body.hours))
    return {"now": clock.now(), "done": done}
