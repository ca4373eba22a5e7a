"""The journeys as the engine follows them: read once, kept while nothing changes.

What is kept belongs to one state of the definitions, told by the epoch and by a small read
of the journeys in each batch. A version that no longer compiles pauses its journey.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from trellis.core.errors import TrellisError
from trellis.core.locks import Definitions
from trellis.journeys import audience, conditions, definition, triggers
from trellis.journeys.definition import Definition, ReEntry
from trellis.journeys.ledger import Named
from trellis.journeys.models import Journey, JourneyVersion
from trellis.journeys.plan import Plan, build
from trellis.journeys.triggers import Watch
from trellis.journeys.types import RuleJson
from trellis.rules.types import Rule

log = logging.getLogger(__name__)

LIVE, PAUSED, STOPPED = "live", "paused", "stopped"


@dataclass(frozen=True, slots=True)
class Version:
    """A version ready to run. ``exit``, ``goal`` and ``bought`` (who
    became a customer leaves) are rule keys; ``waits`` gives the event
    that a wait step waits for, by step."""

    id: int
    named: Named
    plan: Plan
    entry: tuple[Watch, ...]
    re_entry: ReEntry
    stale_after_days: int
    exit: int | None
    goal: int | None
    bought: int | None
    exit_on: tuple[Watch, ...]
    goal_on: tuple[Watch, ...]
    waits: dict[str, Watch]
    rules: frozenset[int]

    @property
    def ends(self) -> tuple[int, ...]:
        """The rules that end a run, and keep those out for whom one holds already."""
        return tuple(key for key in (self.goal, self.bought, self.exit) if key is not None)


@dataclass(frozen=True, slots=True)
class Row:
    """A journey as it stands: ``current`` is the id of its published version."""

    id: int
    key: str
    name: str
    state: str
    number: int


class Book:
    """Journeys and versions at one state of the definitions."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = {row.id: row for row in rows}
        self.rules: dict[int, Rule] = {}
        self._texts: dict[tuple[str, str], int] = {}
        self._fields = conditions.fields()
        self._versions: dict[int, Version] = {}
        self.current: dict[int, Version] = {}
        self.entries: dict[str, list[tuple[Version, Watch]]] = defaultdict(list)
        self.paused: set[int] = set()
        self._load_current()

    def state(self, journey_id: int) -> str:
        """The journey's state; one that is unknown counts as stopped."""
        if journey_id in self.paused:
            return PAUSED
        row = self.rows.get(journey_id)
        return row.state if row is not None else STOPPED

    def live(self) -> list[int]:
        """The ids of live journeys."""
        return [id for id in self.rows if self.state(id) == LIVE]

    def version(self, version_id: int) -> Version | None:
        """A version that was loaded; None where it is broken or gone."""
        return self._versions.get(version_id)

    def named(self, version_id: int) -> Named:
        """The journey and number of a loaded version."""
        return self._versions[version_id].named

    def load(self, version_ids: Iterable[int]) -> None:
        """Make versions ready. One that does not compile pauses its journey."""
        missing = set(version_ids) - self._versions.keys()
        if not missing:
            return
        for found in JourneyVersion.objects.filter(id__in=missing).select_related("journey"):
            try:
                self._versions[found.id] = self._read(found)
            except TrellisError as error:
                self.pause(
                    found.journey_id, f"Version {found.number} is broken: {error.message}"
                )

    def pause(self, journey_id: int, why: str) -> None:
        """Pause a journey that cannot go on: nothing is lost, its runs are held."""
        if self.state(journey_id) != LIVE:
            return
        self.paused.add(journey_id)
        forget()
        log.error("journey %s paused: %s", journey_id, why)
        Journey.objects.filter(id=journey_id, state=LIVE).update(state=PAUSED, why=why)

    def users_of(self, rule_keys: Iterable[int]) -> set[int]:
        """The journeys whose loaded versions read one of these rules."""
        keys = set(rule_keys)
        return {v.named.journey_id for v in self._versions.values() if v.rules & keys}

    def _load_current(self) -> None:
        live = {row.id: row for row in self.rows.values() if row.state == LIVE}
        found = JourneyVersion.objects.filter(journey_id__in=live).values_list(
            "id", "journey_id", "number"
        )
        ids = [id for id, journey_id, number in found if number == live[journey_id].number]
        self.load(ids)
        for id in ids:
            version = self._versions.get(id)
            if version is None or self.state(version.named.journey_id) != LIVE:
                continue
            self.current[version.named.journey_id] = version
            for watch in version.entry:
                self.entries[watch.name].append((version, watch))

    def _read(self, row: JourneyVersion) -> Version:
        parsed: Definition = definition.from_plain(row.definition)
        used: set[int] = set()

        def contact(rule: RuleJson) -> int:
            key = self._intern(rule, conditions.CONTACT)
            used.add(key)
            return key

        def event(rule: RuleJson) -> int:
            key = self._intern(rule, conditions.EVENT)
            used.add(key)
            return key

        plan = build(parsed, contact)
        head = parsed.head
        return Version(
            id=row.id,
            named=Named(row.journey_id, row.journey.key, row.journey.name, row.number),
            plan=plan,
            entry=tuple(triggers.watch(t, event) for t in head.entry),
            re_entry=head.re_entry,
            stale_after_days=head.stale_after_days,
            exit=None if head.exit is None else contact(head.exit),
            goal=None if head.goal is None else contact(head.goal),
            bought=contact(audience.bought(head.leads_of)) if head.leads_of else None,
            exit_on=tuple(triggers.watch(t, event) for t in head.exit_on),
            goal_on=tuple(triggers.watch(t, event) for t in head.goal_on),
            waits={
                node.id: triggers.watch_event(awaited, event)
                for node in plan.nodes.values()
                if (awaited := triggers.awaited(node.settings)) is not None
            },
            rules=frozenset(used),
        )

    def _intern(self, rule: RuleJson, scope: str) -> int:
        """Equal rules share a key, so that each is evaluated once in a batch."""
        text = (scope, json.dumps(rule, sort_keys=True))
        if text not in self._texts:
            parsed = conditions.parse(rule, scope, self._fields)
            self._texts[text] = len(self._texts)
            self.rules[self._texts[text]] = parsed
        return self._texts[text]


_BOOKS: Definitions[dict[tuple[Row, ...], Book]] = Definitions(dict)
"""The book of an epoch, by the journeys as they stood."""


def current(epoch: int) -> Book:
    """The book of this moment: kept while epoch and journeys are the same. Runs inside the
    transaction of a batch that shares the definitions."""
    rows = tuple(
        Row(*row)
        for row in Journey.objects.filter(state__in=(LIVE, PAUSED, STOPPED))
        .order_by("id")
        .values_list("id", "key", "name", "state", "version")
    )
    kept = _BOOKS.at(epoch)
    book = kept.get(rows)
    if book is None:
        book = Book(rows)
        kept.clear()
        if not book.paused:
            kept[rows] = book
    return book


def forget() -> None:
    """Drop what is kept; the next batch reads anew."""
    _BOOKS.forget()
