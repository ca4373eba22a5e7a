"""Who enters: re-entry rules, exit and goal before the first step, one run at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from trellis.events.types import Logged
from trellis.journeys import store
from trellis.journeys.book import Version
from trellis.journeys.definition import ReEntry
from trellis.journeys.moves import Mover
from trellis.journeys.types import Run

MAX_PROPS = 4_096
"""Bytes of an event's properties that a run keeps for its templates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact that something brings to a journey. ``event`` where it was an event."""

    contact_id: int
    version: Version
    label: str
    event: Logged | None = None


def enter(mover: Mover, candidates: Iterable[Candidate], *, again: bool = False) -> int:
    """Let in who may come, and move them; returns how many entered.

    The caller holds the contacts. ``again`` sets the re-entry rule aside (by hand).
    """
    wanted: dict[tuple[int, int], Candidate] = {}
    for candidate in candidates:
        key = (candidate.contact_id, candidate.version.named.journey_id)
        wanted.setdefault(key, candidate)
    if not wanted:
        return 0
    allowed = _allowed(mover, wanted, again)
    runs = _runs(mover, _unfinished(mover, allowed))
    mover.move(runs)
    return len(runs)


def _allowed(
    mover: Mover, wanted: Mapping[tuple[int, int], Candidate], again: bool
) -> list[Candidate]:
    known = store.history(
        sorted({contact_id for contact_id, _ in wanted}),
        sorted({journey_id for _, journey_id in wanted}),
    )
    allowed: list[Candidate] = []
    for key, candidate in wanted.items():
        inside, left_at = known.get(key, (False, None))
        reason = "inside" if inside else _too_soon(candidate, left_at, mover.now, again)
        if not reason:
            allowed.append(candidate)
        elif not inside or candidate.event is None:
            mover.ledger.refused(*key, reason, candidate.label)
    return allowed


def _too_soon(
    candidate: Candidate, left_at: datetime | None, now: datetime, again: bool
) -> str:
    rule: ReEntry = candidate.version.re_entry
    if left_at is None or again or rule.mode == "after_end":
        return ""
    if rule.mode == "never":
        return "re_entry_never"
    return "re_entry_too_soon" if now < left_at + timedelta(days=rule.days) else ""


def _unfinished(mover: Mover, candidates: list[Candidate]) -> list[Candidate]:
    """Without those whose goal or exit rule holds already: they would not count as reached
    by the journey."""
    keys = {key for candidate in candidates for key in candidate.version.ends}
    holding = mover.holding(keys, {candidate.contact_id for candidate in candidates})
    left: list[Candidate] = []
    for candidate in candidates:
        version = candidate.version
        journey_id = version.named.journey_id
        if version.goal is not None and candidate.contact_id in holding[version.goal]:
            mover.ledger.refused(
                candidate.contact_id, journey_id, "goal_reached", candidate.label
            )
        elif version.bought is not None and candidate.contact_id in holding[version.bought]:
            mover.ledger.refused(candidate.contact_id, journey_id, "bought", candidate.label)
        elif version.exit is not None and candidate.contact_id in holding[version.exit]:
            mover.ledger.refused(
                candidate.contact_id, journey_id, "exit_holds", candidate.label
            )
        else:
            left.append(candidate)
    return left


def _runs(mover: Mover, candidates: list[Candidate]) -> list[Run]:
    if not candidates:
        return []
    runs: list[Run] = []
    for candidate, enrolment_id in zip(candidates, store.new_ids(len(candidates)), strict=True):
        event = candidate.event
        version = candidate.version
        entry = _entry(candidate)
        run = Run(
            contact_id=candidate.contact_id,
            enrolment_id=enrolment_id,
            journey_id=version.named.journey_id,
            version_id=version.id,
            step=version.plan.first,
            parked=False,
            since=mover.now,
            hops=0,
            visits={},
            cause=event.event_id if event is not None else None,
            depth=event.depth + 1 if event is not None else 1,
            entry=entry,
            told="props" in entry,
            settled=True,
        )
        mover.ledger.began(run, candidate.label)
        runs.append(run)
    return runs


def _entry(candidate: Candidate) -> dict[str, Any]:
    found: dict[str, Any] = {"by": candidate.label}
    if candidate.event is not None:
        found["event"] = candidate.event.name
        found["event_id"] = str(candidate.event.event_id)
        if len(msgspec.json.encode(candidate.event.props)) <= MAX_PROPS:
            found["props"] = candidate.event.props
    return found
