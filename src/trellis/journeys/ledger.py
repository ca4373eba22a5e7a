"""What a batch of moves writes: gathered while runs move, written once at the end.

Every run that the engine took in hand comes to rest here exactly once: parked, held or
ended. New runs are written where they rest, so each costs one row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from trellis.core import counters, db
from trellis.core.ids import slot_of
from trellis.events import decisions, inbox, names
from trellis.events.decisions import Decided
from trellis.events.types import Fact
from trellis.journeys import store
from trellis.journeys.types import Run

STATE_OF = {"end": "done", "goal": "done", "exit": "exited", "error": "failed"}
"""The state of an ended run, by its outcome."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Rest(NamedTuple):
    """How a run rests. ``since`` is set where it parked just now."""

    state: str
    step: str
    wake_at: datetime | None
    since: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What the ledger must say of a journey's version."""

    journey_id: int
    key: str
    name: str
    number: int


@dataclass
class Ledger:
    """Gathers one batch. ``named`` gives the journey of a version id; ``owners`` are runs
    that take over the place of their contact in the journey after a merge."""

    now: datetime
    named: Callable[[int], Named]
    owners: list[Run] = field(default_factory=list)
    _resting: list[tuple[Run, Rest]] = field(default_factory=list)
    _jumped: list[Run] = field(default_factory=list)
    _passes: list[str] = field(default_factory=list)
    _counts: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    _decisions: list[Decided] = field(default_factory=list)
    _facts: list[Fact] = field(default_factory=list)
    _noted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def passed(self, runs: list[Run], kind: str, outcome: str, reason: str) -> None:
        """Note that ``runs``, all at one step of one version, went through it."""
        first = runs[0]
        tail = "\t".join(
            (
                str(first.journey_id),
                str(first.version_id),
                first.step,
                kind,
                _text(outcome),
                _text(reason[:120]),
                self.now.isoformat(),
            )
        )
        self._passes += [
            f"{run.contact_id}\t{run.enrolment_id}\t{run.hops}\t{tail}\n" for run in runs
        ]
        self._counts[first.version_id, first.step, outcome] += len(runs)

    def park(self, runs: Iterable[Run], wake_at: datetime | list[datetime]) -> None:
        """Rest in a step until its time."""
        times: Any = wake_at
        for place, run in enumerate(runs):
            wake = times[place] if isinstance(times, list) else times
            since = None if run.parked else self.now
            self._resting.append((run, Rest("waiting", run.step, wake, since)))

    def put_off(self, runs: Iterable[Run], wake_at: datetime | None) -> None:
        """Rest before the step (or in it, if parked) until ``wake_at``; None = held."""
        for run in runs:
            state = "waiting" if run.parked else "active"
            since = None if run.parked else self.now
            self._resting.append((run, Rest(state, run.step, wake_at, since)))

    def jumped(self, runs: Iterable[Run]) -> None:
        """Note that the runs' visits changed."""
        self._jumped += runs

    def began(self, run: Run, label: str) -> None:
        """Note that a run began; ``label`` says by what."""
        named = self.named(run.version_id)
        self._counts[run.version_id, "", "entered"] += 1
        self._noted["journey_entered", named.key] += 1
        self._decide(run, "journey_entry", "entered", label[:60], {"version": named.number})
        self._state(
            run,
            names.JOURNEY_ENTERED,
            {"journey_id": named.journey_id, "journey": named.key, "version": named.number},
        )

    def refused(self, contact_id: int, journey_id: int, reason: str, by: str) -> None:
        """Note that somebody was not let in."""
        self._noted["journey_refused", reason] += 1
        self._decisions.append(
            Decided(
                contact_id,
                self.now,
                "journey_entry",
                f"journey:{journey_id}",
                "refused",
                reason,
                {"by": by},
            )
        )

    def too_old(self, journey: str) -> None:
        """Count an event that came too late to let anybody in. Only counted: a load of old
        events must not write a decision for each."""
        self._noted["journey_stale", journey] += 1

    def ended(self, runs: Iterable[Run], outcome: str, reason: str, **facts: Any) -> None:
        """Rest for good. ``facts`` go into the decision."""
        state = STATE_OF[outcome]
        counted = outcome if outcome in ("end", "goal") else f"{outcome}:{reason}"[:40]
        for run in runs:
            named = self.named(run.version_id)
            rest = Rest(state, run.step, None, None, self.now, outcome, reason[:80])
            self._resting.append((run, rest))
            self._counts[run.version_id, "", counted] += 1
            self._noted["journey_ended", outcome] += 1
            self._decide(run, "journey_end", outcome, reason[:60], {"step": run.step, **facts})
            props = {"journey_id": named.journey_id, "journey": named.key}
            if outcome == "goal":
                self._state(run, names.JOURNEY_GOAL, props)
            self._state(
                run, names.JOURNEY_ENDED, {**props, "outcome": outcome, "reason": reason}
            )

    def _decide(
        self, run: Run, what: str, outcome: str, reason: str, facts: dict[str, Any]
    ) -> None:
        subject = f"journey:{run.journey_id}"
        facts = {"enrolment_id": run.enrolment_id, "cause": run.cause, **facts}
        self._decisions.append(
            Decided(run.contact_id, self.now, what, subject, outcome, reason, facts)
        )

    def _state(self, run: Run, name: str, props: dict[str, object]) -> None:
        self._facts.append(
            inbox.system_fact(
                run.contact_id,
                name,
                {**props, "enrolment_id": run.enrolment_id},
                at=self.now.timestamp(),
                message_id=f"{name.lower().replace(' ', '-')}-{run.enrolment_id}",
                cause=run.cause,
                depth=run.depth,
            )
        )

    def write(self) -> None:
        """Write everything in the caller's transaction, in a fixed number of statements."""
        self._settle()
        _copy(store.SQL["passes"], self._passes)
        decisions.record(self._decisions)
        inbox.put(self._facts)
        self._count()
        counters.add(self._noted)

    def _settle(self) -> None:
        groups: dict[Rest, int] = {}
        new: list[tuple[Run, int]] = []
        old: list[tuple[Run, int]] = []
        for run, rest in self._resting:
            place = groups.setdefault(rest, len(groups))
            (old if run.entry is None else new).append((run, place))
        args = _groups(groups)
        if new:
            db.run(store.SQL["add"], {**args, **_new(new), "now": self.now})
        if old:
            db.run(store.SQL["settle"], {**args, **_old(old)})
        if self.owners:
            store.own(self.owners)
        jumped = [run for run in self._jumped if run.entry is None]
        if jumped:
            db.run(
                store.SQL["visits"],
                [
                    [run.contact_id for run in jumped],
                    [run.enrolment_id for run in jumped],
                    [json.dumps(run.visits) for run in jumped],
                ],
            )

    def _count(self) -> None:
        rows = sorted(self._counts.items())
        if rows:
            db.run(
                store.SQL["count"],
                [
                    store.any_slot(),
                    [key[0] for key, _ in rows],
                    [key[1] for key, _ in rows],
                    [key[2] for key, _ in rows],
                    [n for _, n in rows],
                ],
            )


def _groups(groups: Mapping[Rest, int]) -> dict[str, Any]:
    rests = list(groups)
    columns: dict[str, Any] = {
        name: [getattr(rest, name) for rest in rests] for name in Rest._fields
    }
    return {"g": list(groups.values()), **columns}


def _old(rows: list[tuple[Run, int]]) -> dict[str, Any]:
    return {
        "contact_ids": [run.contact_id for run, _ in rows],
        "enrolment_ids": [run.enrolment_id for run, _ in rows],
        "hops": [run.hops for run, _ in rows],
        "groups": [place for _, place in rows],
    }


def _new(rows: list[tuple[Run, int]]) -> dict[str, Any]:
    return {
        **_old(rows),
        "journey_ids": [run.journey_id for run, _ in rows],
        "version_ids": [run.version_id for run, _ in rows],
        "slots": [slot_of(run.contact_id) for run, _ in rows],
        "entries": [json.dumps(run.entry) for run, _ in rows],
        "visits": [json.dumps(run.visits) for run, _ in rows],
    }


def _copy(statement: str, lines: list[str]) -> None:
    if not lines:
        return
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines))


def _text(value: str) -> str:
    """A value as COPY's text format reads it back."""
    return value.translate(_ESCAPES)
