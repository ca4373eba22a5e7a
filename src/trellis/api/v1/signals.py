"""Signals: named behaviour, counted per contact and day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.api.shown import ShownRule
from trellis.core import clock
from trellis.core.days import day_of
from trellis.events import content, signal_acts
from trellis.events.behaviour import ensure_signal
from trellis.events.models import Signal
from trellis.rules import usage

router = Router(tags=["signals"])

Bucket = Literal["demographic", "interest", "engagement"]


class SignalOut(Schema):
    """A behaviour with a name. ``status``: building (with progress), live, broken (why).
    ``contacts``: for how many it was ever counted, as of the last night."""

    id: int
    key: str
    name: str
    description: str
    event_type: str
    event_name: str
    filter: ShownRule
    value_prop: str
    each_value: bool
    bucket: str
    status: str
    why: str
    progress: int
    contacts: int
    version: int
    created_at: datetime


class SignalIn(Schema):
    """Behaviour to count: an event, a rule over its ``prop.*``, a property to add up."""

    event_type: Literal["track", "page", "screen", "identify", "group", "alias", "system"] = (
        "track"
    )
    event_name: str = Field(min_length=1, max_length=200)
    filter: Json = Field(default_factory=dict)
    value_prop: str = Field("", max_length=64)
    name: str = Field("", max_length=120)
    bucket: Bucket = "engagement"


class SignalChange(Schema):
    """What changes; what is left out stays."""

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=2000)
    bucket: Bucket | None = None


class DayOut(Schema):
    """How often a signal was counted on a day, and for how many contacts."""

    day: date
    n: int
    contacts: int


class MatchIn(Schema):
    """Behaviour to look for."""

    event_type: str = Field("track", max_length=10)
    event_name: str = Field(min_length=1, max_length=200)
    filter: Json = Field(default_factory=dict)


class MatchOut(Schema):
    """How many events of the last 30 days fit; ``all`` is false where only the newest were
    looked at."""

    n: int
    all: bool


@router.get("", response=list[SignalOut], summary="List signals")
def list_signals(request: HttpRequest) -> list[Signal]:
    """Scope: signals.read."""
    caller(request, "signals.read")
    return list(Signal.objects.order_by("key"))


@router.post("", response={201: SignalOut}, summary="Count a behaviour")
def create_signal(request: HttpRequest, body: SignalIn) -> Status[Signal]:
    """An equal one is found instead of made; the past is counted in the background.
    Scope: signals.write."""
    return Status(201, ensure_signal(caller(request, "signals.write"), **body.dict()))


@router.post("/matches", response=MatchOut, summary="How many events fit")
def matches(request: HttpRequest, body: MatchIn) -> Json:
    """Stores nothing. Scope: signals.read."""
    caller(request, "signals.read")
    since = clock.now() - timedelta(days=30)
    n, all_ = signal_acts.matching(body.event_type, body.event_name, body.filter, since)
    return {"n": n, "all": all_}


@router.get("/{signal_id}", response=SignalOut, summary="Read a signal")
def read(request: HttpRequest, signal_id: Id) -> Signal:
    """Scope: signals.read."""
    caller(request, "signals.read")
    return signal_acts.get(signal_id)


@router.patch(
    "/{signal_id}",
    response=SignalOut,
    summary="Rename or describe a signal",
    openapi_extra=etag.CHANGES,
)
def change(request: HttpRequest, signal_id: Id, body: SignalChange) -> Signal:
    """What it counts never changes. Scope: signals.write."""
    version = etag.seen(request)
    return signal_acts.update(caller(request), signal_id, **body.dict(), version=version)


@router.delete(
    "/{signal_id}", response={204: None}, summary="Stop counting", openapi_extra=etag.CHANGES
)
def archive(request: HttpRequest, signal_id: Id) -> Status[None]:
    """Refused while something reads it. Scope: signals.write."""
    signal_acts.archive(caller(request), signal_id, etag.seen(request))
    return Status(204, None)


@router.get("/{signal_id}/days", response=list[DayOut], summary="Counts by day")
def days(
    request: HttpRequest, signal_id: Id, days: Annotated[int, Query(ge=1, le=400)] = 90
) -> Any:
    """Rolled up every ten minutes. Scope: signals.read."""
    caller(request, "signals.read")
    signal_acts.get(signal_id)
    since = day_of(clock.now()) - timedelta(days=days - 1)
    found = content.signal_days([signal_id], since)[signal_id]
    return [
        {"day": day, "n": n, "contacts": contacts}
        for day, (n, contacts) in sorted(found.items())
    ]


@router.get("/{signal_id}/used-by", response=list[Json], summary="What reads a signal")
def used_by(request: HttpRequest, signal_id: Id) -> Any:
    """Scope: signals.read."""
    caller(request, "signals.read")
    return [
        {"kind": use.kind, "id": use.id, "name": use.name}
        for use in usage.of_signal(signal_acts.get(signal_id).key)
    ]
