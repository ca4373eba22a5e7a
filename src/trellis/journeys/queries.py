"""What pages and the API read about journeys and their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from trellis.core.paging import Cursor, Page, paged
from trellis.journeys.models import Journey, StepPass

_RUN = (
    "SELECT e.contact_id, e.enrolment_id, e.journey_id, coalesce(j.name, ''), v.number,"
    " e.state, e.step, e.wake_at, e.entered_at, e.step_since, e.ended_at, e.outcome, e.reason"
    " FROM enrolment e LEFT JOIN journey j ON j.id = e.journey_id"
    " LEFT JOIN journey_version v ON v.id = e.version_id"
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One contact's run through a version of a journey."""

    contact_id: int
    enrolment_id: int
    journey_id: int
    journey: str
    version: int
    state: str
    step: str
    wake_at: datetime | None
    entered_at: datetime
    step_since: datetime
    ended_at: datetime | None
    outcome: str
    reason: str


_NAMES = tuple(Run.__dataclass_fields__)


def _runs(sql: str, params: Sequence[Any]) -> list[Run]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_RUN} {sql}", list(params))
        return [Run(**dict(zip(_NAMES, row, strict=True))) for row in cursor.fetchall()]


def of_contact(contact_id: int) -> list[Run]:
    """The runs of a contact, the newest first."""
    return _runs("WHERE e.contact_id = %s ORDER BY e.entered_at DESC LIMIT 50", [contact_id])


def path(contact_id: int, enrolment_id: int) -> list[StepPass]:
    """The steps a run passed, in order, with the reason of each."""
    rows = StepPass.objects.filter(contact_id=contact_id, enrolment_id=enrolment_id)
    return list(rows.order_by("at", "seq")[:500])


def runs(journey_id: int, step: str, state: str, after: Cursor | None, limit: int) -> Page[Run]:
    """A page of the runs of a journey, the newest first; "" = all steps, all states."""
    parts = ["e.journey_id = %s"]
    params: list[Any] = [journey_id]
    if step:
        parts.append("e.step = %s AND e.state IN ('active', 'waiting')")
        params.append(step)
    if state:
        parts.append("e.state = %s")
        params.append(state)
    if after is not None:
        parts.append("(e.entered_at, e.enrolment_id) < (%s, %s)")
        params += [after.at, after.id]
    rows = _runs(
        f"WHERE {' AND '.join(parts)} ORDER BY e.entered_at DESC, e.enrolment_id DESC LIMIT %s",
        [*params, limit + 1],
    )
    return paged(rows, limit, lambda row: (row.entered_at, row.enrolment_id))


@dataclass(frozen=True, kw_only=True)
class JourneyRow:
    """A journey of the list with the counts of its runs."""

    journey: Journey
    under_way: int
    done: int
    goals: int


def journeys() -> list[JourneyRow]:
    """The journeys in use, the live ones first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT journey_id, count(*) FILTER (WHERE state IN ('active', 'waiting')),"
            " count(*) FILTER (WHERE state IN ('done', 'exited')),"
            " count(*) FILTER (WHERE outcome = 'goal') FROM enrolment GROUP BY journey_id"
        )
        counts = {int(row[0]): row[1:] for row in cursor.fetchall()}
    order = {"live": 0, "paused": 1, "draft": 2, "stopped": 3}
    rows = Journey.objects.filter(archived_at__isnull=True).order_by("name")
    found = []
    for journey in rows:
        under_way, done, goals = counts.get(journey.pk, (0, 0, 0))
        found.append(JourneyRow(journey=journey, under_way=under_way, done=done, goals=goals))
    return sorted(found, key=lambda row: order.get(row.journey.state, 9))


def names() -> dict[int, str]:
    """The names of all journeys by id, for filters."""
    return dict(Journey.objects.order_by("name").values_list("pk", "name"))
