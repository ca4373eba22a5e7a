"""What pages and the API read of journeys and their runs; each in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from trellis.core.paging import Cursor, Page, paged
from trellis.journeys import definition
from trellis.journeys.models import Enrolment, Journey, JourneyVersion, StepCount, StepPass
from trellis.journeys.plan import Plan, build
from trellis.journeys.registry import STEPS

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


_EVER = datetime.max.replace(tzinfo=UTC)
_NAMES = tuple(Run.__dataclass_fields__)


def _runs(sql: str, params: Sequence[Any]) -> list[Run]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_RUN} {sql}", list(params))
        return [Run(**dict(zip(_NAMES, row, strict=True))) for row in cursor.fetchall()]


def of_contact(contact_id: int) -> list[Run]:
    """The runs of a contact, the newest first."""
    return _runs("WHERE e.contact_id = %s ORDER BY e.entered_at DESC LIMIT 50", [contact_id])


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What lies before an open run: the step it waits at, and the next message that comes
    unless something branches before (``template`` is its key, "" where none does)."""

    run: Run
    sentence: str
    template: str


def ahead(runs: Sequence[Run]) -> list[Ahead]:
    """What lies before those of the runs that are open, the next to move first; one query."""
    live = [run for run in runs if run.ended_at is None]
    plans = {
        (version.journey_id, version.number): build(
            definition.from_plain(version.definition), lambda _rule: 0
        )
        for version in JourneyVersion.objects.filter(
            journey_id__in={run.journey_id for run in live},
            number__in={run.version for run in live},
        )
    }
    found = []
    for run in live:
        plan = plans.get((run.journey_id, run.version))
        words = sentence(plan, run.step) if plan else run.step
        template = _next_message(plan, run.step) if plan else ""
        found.append(Ahead(run=run, sentence=words, template=template))
    return sorted(found, key=lambda row: (row.run.wake_at is None, row.run.wake_at or _EVER))


def _next_message(plan: Plan, step: str) -> str:
    """The template of the next message on the straight way from a step."""
    seen: set[str] = set()
    node = plan.nodes.get(step)
    while node is not None and node.id not in seen:
        seen.add(node.id)
        if template := getattr(node.settings, "template", ""):
            return str(template)
        node = None if node.arms else plan.nodes.get(node.next)
    return ""


def path(contact_id: int, enrolment_id: int) -> list[StepPass]:
    """The steps a run passed, in order, with the reason of each."""
    rows = StepPass.objects.filter(contact_id=contact_id, enrolment_id=enrolment_id)
    return list(rows.order_by("seq")[:500])


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


@dataclass(frozen=True, slots=True)
class Balance:
    """Where everybody who entered is: ``entered`` equals the sum of all the others.

    ``entered`` and the ends are counted when they happen, the open runs where they stand,
    so that the sheet checks the one against the other. ``held`` runs wait because the
    journey is paused. ``erased``: their people were erased or purged since.
    """

    entered: int = 0
    active: int = 0
    waiting: int = 0
    held: int = 0
    ended: int = 0
    goals: int = 0
    exited: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Runs that are not over."""
        return self.active + self.waiting + self.held

    @property
    def over(self) -> int:
        """Runs that ended, in whichever way."""
        return self.ended + self.goals + sum(self.exited.values()) + sum(self.failed.values())

    @property
    def erased(self) -> int:
        """What is missing because its people were erased; 0 where nobody was."""
        return self.entered - self.open - self.over


def balance(journey_id: int) -> Balance:
    """The sheet of one journey; two queries."""
    return balances([journey_id])[journey_id]


def balances(journey_ids: Sequence[int]) -> dict[int, Balance]:
    """The sheets of journeys; two queries whatever their number."""
    values: dict[int, dict[str, Any]] = {id: defaultdict(int) for id in journey_ids}
    exited: dict[int, dict[str, int]] = {id: {} for id in journey_ids}
    failed: dict[int, dict[str, int]] = {id: {} for id in journey_ids}
    counts = (
        StepCount.objects.filter(
            step="",
            version_id__in=JourneyVersion.objects.filter(journey__in=journey_ids).values("id"),
        )
        .values_list("version_id", "outcome")
        .annotate(total=Sum("n"))
    )
    versions = dict(
        JourneyVersion.objects.filter(journey__in=journey_ids).values_list("id", "journey_id")
    )
    for version_id, outcome, n in counts:
        journey_id = versions[version_id]
        kind, _, reason = outcome.partition(":")
        if kind == "exit":
            exited[journey_id][reason] = exited[journey_id].get(reason, 0) + n
        elif kind == "error":
            failed[journey_id][reason] = failed[journey_id].get(reason, 0) + n
        else:
            name = {"entered": "entered", "end": "ended", "goal": "goals"}[kind]
            values[journey_id][name] += n
    for journey_id, state, n, held in (
        Enrolment.objects.filter(journey_id__in=journey_ids, live_key__isnull=False)
        .values_list("journey_id", "state")
        .annotate(n=Count("*"), held=Count("contact_id", filter=Q(wake_at__isnull=True)))
    ):
        values[journey_id][state] += n - held
        values[journey_id]["held"] += held
    return {
        id: Balance(**values[id], exited=exited[id], failed=failed[id]) for id in journey_ids
    }


@dataclass(frozen=True, kw_only=True)
class JourneyRow:
    """A journey of the list with the counts of its runs."""

    journey: Journey
    balance: Balance

    @property
    def under_way(self) -> int:
        """Runs that are not over."""
        return self.balance.open

    @property
    def done(self) -> int:
        """Runs that are over."""
        return self.balance.over

    @property
    def goals(self) -> int:
        """Runs that reached the goal."""
        return self.balance.goals


_ORDER = {"live": 0, "paused": 1, "draft": 2, "stopped": 3}


def journeys() -> list[JourneyRow]:
    """The journeys in use, the live ones first; four queries."""
    found = list(Journey.objects.filter(archived_at__isnull=True).order_by("name"))
    sheets = balances([journey.pk for journey in found])
    rows = [JourneyRow(journey=journey, balance=sheets[journey.pk]) for journey in found]
    return sorted(rows, key=lambda row: _ORDER.get(row.journey.state, 9))


@dataclass(frozen=True, slots=True)
class Passing:
    """A step on a run's path, with what the step does as a sentence."""

    step: str
    kind: str
    sentence: str
    outcome: str
    reason: str
    at: datetime


def story(contact_id: int, enrolment_id: int) -> list[Passing]:
    """The path of a run in words, each step in the version in which it was passed."""
    rows = path(contact_id, enrolment_id)
    versions = JourneyVersion.objects.filter(id__in={row.version_id for row in rows})
    plans = {
        version.pk: build(definition.from_plain(version.definition), lambda _rule: 0)
        for version in versions
    }
    return [
        Passing(
            step=row.step,
            kind=row.kind,
            sentence=sentence(plans[row.version_id], row.step),
            outcome=row.outcome,
            reason=row.reason,
            at=row.at,
        )
        for row in rows
    ]


def sentence(plan: Plan, step: str) -> str:
    """What a step does, in words; its id where the plan does not know it."""
    node = plan.nodes.get(step)
    return STEPS[node.kind].describe(node.settings) if node is not None else step


def versions_of(journey_id: int) -> list[JourneyVersion]:
    """All versions of a journey, the newest first."""
    return list(JourneyVersion.objects.filter(journey_id=journey_id).order_by("-number"))


def names() -> dict[int, str]:
    """The names of all journeys by id, for filters."""
    return dict(Journey.objects.order_by("name").values_list("pk", "name"))
