"""Changes that concern many runs at once: in chunks, each its own transaction, so that no
batch of events waits long. Small ones run at once, large ones as a job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from trellis.core import clock, db, locks
from trellis.core.ids import SLOTS
from trellis.core.jobs import enqueue
from trellis.journeys import book as books
from trellis.journeys import store
from trellis.journeys.entry import Candidate, enter
from trellis.journeys.moves import Mover
from trellis.journeys.registry import STEPS
from trellis.journeys.types import Run
from trellis.segments.models import Membership, Segment

CHUNK = 2_000
"""Runs or contacts of one transaction; more than this becomes a job."""

EXIT = "exit"


def enrol(
    journey_id: int, contact_ids: Sequence[int], label: str, *, again: bool = False
) -> int:
    """Bring contacts into a live journey; returns how many entered."""
    entered = 0
    for part in _parts(sorted(set(contact_ids))):
        with transaction.atomic():
            book = books.current(locks.share_definitions())
            version = book.current.get(journey_id)
            if version is None or book.state(journey_id) != books.LIVE:
                return entered
            mover = Mover(book, clock.now())
            held = store.hold(part)
            entered += enter(
                mover,
                [Candidate(id, version, label) for id in part if id in held],
                again=again,
            )
            mover.ledger.write()
    return entered


def remove(journey_id: int, contact_ids: Sequence[int], reason: str = "removed") -> int:
    """End the open runs of contacts in a journey; returns how many."""
    removed = 0
    for part in _parts(sorted(set(contact_ids))):
        with transaction.atomic():
            mover = Mover(books.current(locks.share_definitions()), clock.now())
            held = store.hold(part)
            runs = store.open_of(sorted(held), [journey_id])
            mover.book.load({run.version_id for run in runs})
            mover.ledger.ended(runs, "exit", reason)
            mover.ledger.write()
            removed += len(runs)
    return removed


def wake(journey_id: int) -> int:
    """Let every open run of a journey decide again at the next tick: after a pause, or
    because the journey was stopped. Slot by slot. Returns how many were woken."""
    now = clock.now()
    return sum(
        db.run(store.SQL["wake"], {"now": now, "journey_id": journey_id, "slot": slot})
        for slot in range(SLOTS)
    )


def enrol_segments(journey_id: int, keys: Sequence[str]) -> None:
    """Enrol the present members of segments, by job where they are many."""
    ids = list(_members(keys, 0, CHUNK + 1))
    if len(ids) > CHUNK:
        enqueue("journeys.enrol_segments", journey_id=journey_id, keys=list(keys))
    else:
        enrol(journey_id, ids, f"member of {', '.join(keys)}")


def enrol_all_members(journey_id: int, keys: Sequence[str]) -> int:
    """Enrol the present members of segments, chunk by chunk."""
    entered = last = 0
    while ids := list(_members(keys, last, CHUNK)):
        entered += enrol(journey_id, ids, f"member of {', '.join(keys)}")
        last = ids[-1]
    return entered


def settle_waiting(journey_id: int, version_id: int, choices: Mapping[str, str]) -> None:
    """Carry out what was chosen for the runs that wait on earlier versions."""
    steps = sorted(step for step, choice in choices.items() if choice != "stay")
    if not steps:
        return
    if len(_waiting(journey_id, version_id, steps, CHUNK + 1)) > CHUNK:
        enqueue(
            "journeys.settle_waiting",
            journey_id=journey_id,
            version_id=version_id,
            choices=dict(choices),
        )
    else:
        settle_all_waiting(journey_id, version_id, choices)


def settle_all_waiting(journey_id: int, version_id: int, choices: Mapping[str, str]) -> int:
    """Move or end the runs on earlier versions, chunk by chunk; returns how many."""
    steps = sorted(step for step, choice in choices.items() if choice != "stay")
    done = 0
    while pairs := _waiting(journey_id, version_id, steps, CHUNK):
        with transaction.atomic():
            mover = Mover(books.current(locks.share_definitions()), clock.now())
            held = store.hold(contact_id for contact_id, _ in pairs)
            runs = [
                run
                for run in store.open_of(sorted(held), [journey_id])
                if run.version_id != version_id and run.step in steps
            ]
            _settle(mover, runs, version_id, choices)
            mover.ledger.write()
        if not runs:
            break
        done += len(runs)
    return done


def _settle(
    mover: Mover, runs: Sequence[Run], version_id: int, choices: Mapping[str, str]
) -> None:
    mover.book.load({version_id, *(run.version_id for run in runs)})
    mover.ledger.ended([run for run in runs if choices[run.step] == EXIT], "exit", "published")
    moving = [run for run in runs if choices[run.step] != EXIT]
    new = mover.book.version(version_id)
    assert new is not None, "published a moment ago"
    for run in moving:
        target = choices[run.step].removeprefix("move:")
        if target != run.step or not STEPS[new.plan.nodes[target].kind].waits:
            run.parked = False
        run.step = target
    db.run(
        store.SQL["move"],
        {
            "version_id": version_id,
            "now": mover.now,
            "contact_ids": [run.contact_id for run in moving],
            "enrolment_ids": [run.enrolment_id for run in moving],
            "steps": [run.step for run in moving],
            "states": ["waiting" if run.parked else "active" for run in moving],
        },
    )


def _waiting(
    journey_id: int, version_id: int, steps: Sequence[str], limit: int
) -> list[tuple[int, int]]:
    rows = db.fetch(store.SQL["waiting"], [journey_id, version_id, list(steps), limit])
    return [(row[0], row[1]) for row in rows]


def _members(keys: Sequence[str], after: int, limit: int) -> Sequence[int]:
    segments = list(Segment.objects.filter(key__in=keys).values_list("id", flat=True))
    found = (
        Membership.objects.filter(segment_id__in=segments, contact_id__gt=after)
        .order_by("contact_id")
        .values_list("contact_id", flat=True)
        .distinct()
    )
    return list(found[:limit])


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
