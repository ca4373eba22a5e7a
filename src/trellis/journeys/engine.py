"""The journey engine: reacts to events, and moves what is due. All in sets, in the caller's
transaction: claim, decision and record happen together or not at all.

Invariant: whoever moves a run holds its contact's row in ``standing``. Batches of events
hold it already; ``run_due`` takes it. So a run is never moved twice, nor under a merge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from trellis.core import locks
from trellis.events.types import Logged
from trellis.journeys import book as books
from trellis.journeys import store
from trellis.journeys.book import Book, Version
from trellis.journeys.entry import Candidate, enter
from trellis.journeys.matching import Sightings
from trellis.journeys.moves import Mover, split_by_state
from trellis.journeys.types import Run

LIMIT = 5_000
"""Runs that one tick takes in hand."""


def react(events: Sequence[Logged], now: datetime) -> None:
    """Let events act on journeys: runs they end or wake, then contacts they bring in.

    Called in the batch's transaction, after everything that rules read was settled; the
    batch holds the contacts.
    """
    if not events:
        return
    book = books.current(locks.share_definitions())
    live = book.live()
    if not live:
        return
    mover = Mover(book, now)
    sights = Sightings(book, events)
    runs = _touched(book, events, live)
    _look(book, sights, runs)
    for name in {event.name for event in events}:
        for _version, watch in book.entries.get(name, ()):
            sights.want(watch)
    sights.settle()
    _wake(mover, sights, runs)
    enter(mover, _arrivals(mover, sights))
    mover.ledger.write()


def run_due(slots: Sequence[int], now: datetime, limit: int = LIMIT) -> int:
    """Move up to ``limit`` runs of these slots that are due; returns how many were taken.

    Opens a transaction of its own where the caller has none.
    """
    with transaction.atomic():
        book = books.current(locks.share_definitions())
        held = store.hold_due(slots, now, limit)
        if not held:
            return 0
        taken = store.take_due(held, now)
        mover = Mover(book, now)
        move(mover, _settle_twins(mover, taken))
        mover.ledger.write()
        return len(taken)


def move(mover: Mover, runs: Iterable[Run]) -> None:
    """Move runs whose contacts are held; those of paused journeys are held, those of
    stopped ones end."""
    live, paused, stopped = split_by_state(mover.book, runs)
    mover.book.load({run.version_id for run in (*live, *stopped)})
    known = [run for run in stopped if mover.book.version(run.version_id) is not None]
    broken = [run for run in stopped if mover.book.version(run.version_id) is None]
    mover.ledger.ended(known, "exit", "stopped")
    mover.ledger.put_off([*broken, *paused], None)
    mover.move(live)


def _settle_twins(mover: Mover, taken: list[tuple[Run, int]]) -> list[Run]:
    """After a merge a contact may have two runs of one journey: the older goes on."""
    twins = [run for run, live_key in taken if live_key < 0]
    if not twins:
        return [run for run, _ in taken]
    open_runs = {
        (run.contact_id, run.journey_id): run
        for run in store.open_of(
            sorted({run.contact_id for run in twins}),
            sorted({run.journey_id for run in twins}),
        )
    }
    winners: dict[int, Run] = {}
    losers: dict[int, Run] = {}
    for twin in twins:
        key = (twin.contact_id, twin.journey_id)
        other = open_runs.get(key)
        younger: Run | None = twin
        if other is None or other.enrolment_id > twin.enrolment_id:
            open_runs[key] = winners[twin.enrolment_id] = twin
            younger = other
        if younger is not None:
            losers[younger.enrolment_id] = younger
    mover.book.load({run.version_id for run in losers.values()})
    mover.ledger.ended(losers.values(), "exit", "merged")
    mover.ledger.owners += [run for id, run in winners.items() if id not in losers]
    return [run for run, _ in taken if run.enrolment_id not in losers]


def _touched(book: Book, events: Sequence[Logged], live: Sequence[int]) -> list[Run]:
    """The runs that wait, of live journeys, of contacts that something happened to."""
    runs = store.open_of(sorted({event.contact_id for event in events}), live)
    book.load({run.version_id for run in runs})
    causes = {event.contact_id: event for event in events}
    waiting: list[Run] = []
    for run in runs:
        if run.parked and book.version(run.version_id) is not None:
            event = causes[run.contact_id]
            run.cause, run.depth = event.event_id, event.depth + 1
            waiting.append(run)
    return [run for run in waiting if book.state(run.journey_id) == books.LIVE]


def _look(book: Book, sights: Sightings, runs: Iterable[Run]) -> None:
    """Say which watches matter for the runs at hand."""
    for version in {run.version_id: _version(book, run) for run in runs}.values():
        for watch in (*version.exit_on, *version.goal_on, *version.waits.values()):
            sights.want(watch)


def _wake(mover: Mover, sights: Sightings, runs: list[Run]) -> None:
    """End and wake waiting runs, by event or because a rule holds now."""
    left: list[Run] = []
    for run in runs:
        version = _version(mover.book, run)
        since = mover.now - timedelta(days=version.stale_after_days)
        if event := sights.first(run.contact_id, version.goal_on, since):
            _end(mover, run, "goal", event)
        elif event := sights.first(run.contact_id, version.exit_on, since):
            _end(mover, run, "exit", event)
        else:
            wait = version.waits.get(run.step)
            if wait is not None and sights.first(run.contact_id, (wait,), since):
                run.woken = "event"
            left.append(run)
    by_step: defaultdict[tuple[int, str], list[Run]] = defaultdict(list)
    for run in left:
        by_step[run.version_id, run.step].append(run)
    groups = [
        (version, version.plan.nodes[step], members)
        for (_id, step), members in by_step.items()
        if step in (version := _version(mover.book, members[0])).plan.nodes
    ]
    holding = mover.evaluate(groups, left)
    for _, node, members in groups:
        held = holding[node.rules["until"]] if "until" in node.rules else frozenset()
        for run in members:
            if not run.woken and run.contact_id in held:
                run.woken = "rule"
    mover.move([run for run in mover.settle(left, holding) if run.woken])


def _end(mover: Mover, run: Run, outcome: str, event: Logged) -> None:
    run.cause, run.depth = event.event_id, event.depth + 1
    mover.ledger.ended([run], outcome, "event", event=event.name)


def _arrivals(mover: Mover, sights: Sightings) -> Iterable[Candidate]:
    for event, version, watch in sights.arrivals():
        if event.at < mover.now - timedelta(days=version.stale_after_days):
            mover.ledger.too_old(mover.ledger.named(version.id).key)
            continue
        yield Candidate(event.contact_id, version, watch.label, event)


def _version(book: Book, run: Run) -> Version:
    version = book.version(run.version_id)
    assert version is not None, "loaded with the runs"
    return version
