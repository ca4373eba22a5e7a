"""What falls due by time, as sets, through the same code as events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from trellis.capture.imports import actions as imports
from trellis.core import clock, db, sql
from trellis.core.days import day_of
from trellis.core.ids import SLOTS
from trellis.core.locks import share_definitions
from trellis.enrichment import asking
from trellis.events import content, inbox, log, partitions, rejected
from trellis.journeys import engine
from trellis.messaging import deliver
from trellis.people import purge
from trellis.pipeline.derive import derive
from trellis.scoring import companies
from trellis.scoring import history as scores
from trellis.scoring.predict import applying
from trellis.segments import history, membership

CHUNK = 2_000
SEEN_DAYS = 35
"""Days for which a message id is remembered; clients retry for hours, at most days."""
REJECTED_DAYS = 90
"""Days for which refused items wait for somebody to mend and replay them."""
UPLOAD_DAYS = 30
"""Days after which the uploaded file of an import that ended is deleted."""
MOVE_DAYS = 400
"""Days for which it is known who entered and left a segment, and why; growth stays."""
ALL_SLOTS = tuple(range(SLOTS))

_SQL = sql.load(__package__, "ticks")


def run_due(now: datetime) -> int:
    """Run everything that is due at ``now``; returns how much that was."""
    deliver.reap(now)
    asking.wake(now)
    scored = score_companies(now)
    return scored + windows(now) + enrolments(ALL_SLOTS, now) + messages(ALL_SLOTS, now)


def enrolments(slots: Sequence[int], now: datetime | None = None) -> int:
    """Move runs through journeys that are due in these slots; returns how many."""
    return engine.run_due(slots, now or clock.now(), CHUNK)


def messages(slots: Sequence[int], now: datetime | None = None) -> int:
    """Hand over messages that are due in these slots; returns how many were settled."""
    return deliver.run_due(slots, now or clock.now(), CHUNK)


def windows(now: datetime) -> int:
    """Derive the contacts one of whose windows moves today; returns how many."""
    today = day_of(now)
    due = [number for (number,) in db.fetch(_SQL["due_windows"], [today])]
    for start in range(0, len(due), CHUNK):
        with transaction.atomic():
            share_definitions()
            taken = db.fetch(_SQL["take_windows"], [due[start : start + CHUNK], today])
            ids = [number for (number,) in taken]
            inbox.put(derive(ids, now, {}, why="clock"))
    return len(due)


def score_companies(now: datetime) -> int:
    """Score the companies again whose people changed; returns how many changed. Where a
    rule reads the score of a company, its people are due for ``windows``."""
    with transaction.atomic():
        return len(companies.run_due(now))


def wake(contacts: Sequence[int], now: datetime) -> None:
    """Make people due for ``windows``, because something that a rule reads of them changed
    without an event."""
    if contacts:
        db.run(_SQL["wake"], {"contacts": list(contacts), "today": day_of(now)})


def upkeep(now: datetime) -> None:
    """Once a day: partitions ahead, old months, old message ids, old visitors, old refused
    items, old uploads, old moves between segments, old days of scores; roll-ups of what came
    late; sizes of segments, counted again; chances to be won."""
    partitions.ensure(now)
    partitions.retire(now)
    log.purge_seen(day_of(now) - timedelta(days=SEEN_DAYS))
    purge.anonymous(now)
    rejected.prune(now - timedelta(days=REJECTED_DAYS))
    imports.tidy(now - timedelta(days=UPLOAD_DAYS))
    history.prune(now - timedelta(days=MOVE_DAYS))
    scores.thin(day_of(now))
    content.by_night()
    membership.recount()
    companies.refresh_all(now)
    applying.by_night()
