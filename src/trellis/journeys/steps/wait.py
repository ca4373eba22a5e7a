"""Wait: for a time, until a rule holds or an event comes, until a time of day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.journeys import store, triggers
from trellis.journeys.durations import WEEKDAYS, Duration, TimeOfDay
from trellis.journeys.types import (
    Batch,
    Complaint,
    Kind,
    Parked,
    Passed,
    Refs,
    Result,
    RuleJson,
    Run,
    Settings,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Wait(Settings, frozen=True, rename={"for_": "for"}):
    """One of ``for``, ``until`` (a rule) or ``event``; the last two with ``timeout``.
    ``until_time`` and ``weekdays`` hold on to the next such time in the contact's zone,
    alone or after ``for``."""

    for_: Annotated[Duration | None, Meta(description="How long.")] = None
    until: Annotated[
        RuleJson | None, Meta(description="A rule: the wait ends when it holds.")
    ] = None
    event: Annotated[
        triggers.EventTrigger | None, Meta(description="The wait ends when this event comes.")
    ] = None
    timeout: Annotated[
        Duration | None, Meta(description="How long to wait at most; with until and event.")
    ] = None
    until_time: Annotated[
        TimeOfDay | None,
        Meta(description="Then on to this time of day in the contact's zone, such as 09:00."),
    ] = None
    weekdays: Annotated[
        tuple[Weekday, ...], Meta(description="Only on these days: mon to sun.")
    ] = ()


def check(settings: Wait, _refs: Refs) -> Iterable[Complaint]:
    """The fields must make sense together."""
    open_ended = settings.until is not None or settings.event is not None
    by_time = settings.until_time is not None or bool(settings.weekdays)
    ways = sum((settings.for_ is not None or by_time, settings.until is not None))
    if ways + (settings.event is not None) != 1:
        yield "", "exactly one of for, until and event (until_time may stand alone or with for)"
    if open_ended and settings.timeout is None:
        yield "timeout", "is required: how long to wait at most"
    if settings.timeout is not None and not open_ended:
        yield "timeout", "only with until or event"
    if open_ended and by_time:
        yield "until_time", "only alone or with for"
    if settings.weekdays and settings.until_time is None:
        yield "weekdays", "needs until_time"
    if settings.event is not None:
        yield from triggers.check_event(settings.event)


def describe(settings: Wait) -> str:
    """The step as a sentence."""
    if settings.until is not None:
        return _("Wait until a rule holds, at most %(time)s") % {"time": settings.timeout}
    if settings.event is not None:
        return _("Wait for “%(event)s”, at most %(time)s") % {
            "event": settings.event.name or settings.event.type,
            "time": settings.timeout,
        }
    if settings.until_time is None:
        return _("Wait %(time)s") % {"time": settings.for_}
    days = f" ({', '.join(settings.weekdays)})" if settings.weekdays else ""
    text = _("Wait until %(time)s") % {"time": settings.until_time} + days
    return f"{_('Wait %(time)s') % {'time': settings.for_}}, {text}" if settings.for_ else text


def run(batch: Batch) -> list[Result]:
    """Park what arrives; let go what has waited long enough or what it waited for."""
    settings = batch.node.settings
    assert isinstance(settings, Wait), "the registry pairs kinds with their settings"
    if settings.timeout is not None:
        return _until(batch, settings.timeout.delta)
    return _for(batch, settings)


def _until(batch: Batch, timeout: timedelta) -> list[Result]:
    """A rule may come to hold by time alone (its windows move by day), so those who wait
    are looked at again when a day begins, and when something happens to them."""
    held = batch.holds("until")
    happened: dict[str, list[Run]] = {"rule": [], "event": []}
    late: list[Run] = []
    waiting: list[Run] = []
    latest = _next_day(batch.now) if "until" in batch.node.rules else None
    wakes: list[datetime] = []
    for run in batch.runs:
        deadline = (run.since if run.parked else batch.now) + timeout
        if run.woken:
            happened[run.woken].append(run)
        elif run.contact_id in held:
            happened["rule"].append(run)
        elif deadline <= batch.now:
            late.append(run)
        else:
            waiting.append(run)
            wakes.append(deadline if latest is None or deadline < latest else latest)
    results: list[Result] = [
        Passed(happened["rule"], "happened", "rule"),
        Passed(happened["event"], "happened", "event"),
        Passed(late, "timeout", "timeout"),
        Parked(waiting, wakes),
    ]
    return [result for result in results if result.runs]


def _for(batch: Batch, settings: Wait) -> list[Result]:
    delta = settings.for_.delta if settings.for_ is not None else timedelta()
    if settings.until_time is not None:
        return _at_time(batch, settings, delta)
    arriving = [run for run in batch.runs if not run.parked]
    limit = batch.now - delta
    through = [run for run in batch.runs if run.parked and run.since <= limit]
    early = [run for run in batch.runs if run.parked and run.since > limit]
    results: list[Result] = [
        Parked(arriving, batch.now + delta),
        Passed(through, "passed", "time"),
        Parked(early, [run.since + delta for run in early]),
    ]
    return [result for result in results if result.runs]


def _at_time(batch: Batch, settings: Wait, delta: timedelta) -> list[Result]:
    assert settings.until_time is not None, "asked by the caller"
    found = store.zones_of([run.contact_id for run in batch.runs])
    days = tuple(WEEKDAYS.index(day) for day in settings.weekdays) or tuple(range(7))
    through: list[Run] = []
    waiting: list[Run] = []
    wakes: list[datetime] = []
    for run in batch.runs:
        start = (run.since if run.parked else batch.now) + delta
        wake = next_time(start, found[run.contact_id], settings.until_time, days)
        if wake <= batch.now:
            through.append(run)
        else:
            waiting.append(run)
            wakes.append(wake)
    results: list[Result] = [Passed(through, "passed", "time"), Parked(waiting, wakes)]
    return [result for result in results if result.runs]


def next_time(
    start: datetime, zone: ZoneInfo, at: TimeOfDay, weekdays: tuple[int, ...]
) -> datetime:
    """The first moment not before ``start`` at which it is ``at`` on one of ``weekdays``
    (0 = Monday) in ``zone``. A time that a clock change skips counts as the one after."""
    day = start.astimezone(zone).date()
    for ahead in range(9):
        date = day + timedelta(days=ahead)
        moment = datetime.combine(date, at.time, zone).astimezone(start.tzinfo)
        if date.weekday() in weekdays and moment >= start:
            return moment
    raise AssertionError("a week holds every weekday")


def _next_day(now: datetime) -> datetime:
    zone = _zone(django_settings.TIME_ZONE)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), zone).astimezone(now.tzinfo)


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


KIND = Kind(
    key="wait",
    about="Waits `for` a time; or `until` a rule holds, or for an `event`, at most `timeout`; "
    "or to the next `until_time` (on `weekdays`) in the contact's own zone.",
    settings=Wait,
    describe=describe,
    run=run,
    check=check,
    waits=True,
)
