"""Journeys of the past: each run is told step by step, as the engine would have moved it.

A teller is a generator that yields when the run wakes next. What would wake after now
stays a waiting enrolment, with its step and time, for the engine to take over.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from trellis.cli.demo import diary as d
from trellis.cli.demo.diary import Diary
from trellis.cli.demo.persons import Person
from trellis.cli.demo.post import DAY, Delivery, Letter, Post, moment
from trellis.cli.demo.tape import json
from trellis.core.ids import slot_of

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A published journey: ids and the letters its steps send."""

    key: str
    journey_id: int
    version_id: int
    letters: dict[str, Letter]


@dataclass(slots=True)
class Run:
    """One enrolment while it is told. ``step`` is where it stands."""

    plan: Plan
    person: Person
    diary: Diary
    post: Post
    enrolment_id: int
    entered: float
    counts: Counter[tuple[int, str, str, int]]
    cause: str
    at: float = 0.0
    step: str = ""
    since: float = 0.0
    hops: int = 0
    outcome: str = ""
    passes: list[tuple[str, str, str, str, float]] = field(default_factory=list)

    def through(self, step: str, kind: str, outcome: str, reason: str = "") -> None:
        """Leave ``step`` with an outcome."""
        self.hops += 1
        self.passes.append((step, kind, outcome, reason, self.at))

    def send(self, step: str, letter: str) -> Delivery:
        """A send step."""
        cause = f"journey:{self.enrolment_id}:{step}:{self.hops}"
        self.through(step, "send", "requested", letter)
        return self.post.send(
            self.person,
            self.diary,
            self.at,
            self.plan.letters[letter],
            cause,
            (self.plan.journey_id, self.plan.key),
        )

    def wait(self, step: str, seconds: float) -> Iterator[float]:
        """A wait step of a fixed length."""
        self.step, self.since = step, self.at
        yield self.at + seconds
        self.at += seconds
        self.through(step, "wait", "passed", "")

    def wait_for(self, step: str, trigger: d.Trigger, timeout: float) -> Iterator[float]:
        """A wait step until something happens, at most for ``timeout``."""
        self.step, self.since = step, self.at
        times = [at for at, what in self.diary.triggers if what == trigger]
        place = bisect_right(times, self.at)
        happens = times[place] if place < len(times) else 0.0
        held = 0 < happens <= self.at + timeout
        wakes = happens if held else self.at + timeout
        yield wakes
        self.at = wakes
        self.through(step, "wait", "held" if held else "timeout", "")

    def end(self, outcome: str, reason: str = "") -> None:
        """The run is over."""
        self.outcome, self.step = outcome, ""
        self.passes.append(("", "", outcome, reason, self.at))


Teller = Callable[[Run], Iterator[float]]


def _master_class(run: Run) -> Iterator[float]:
    hello = run.send("hello", "master-class-1")
    yield from run.wait("pause", 2 * DAY)
    if 0 < hello.opened <= run.at:
        run.through("split", "branch", "opened")
        run.send("programme", "master-class-2")
    else:
        run.through("split", "branch", "otherwise")
        run.send("reminder", "master-class-reminder")
    yield from run.wait_for("think", "ordered", 3 * DAY)
    if run.passes[-1][2] == "held":
        return run.end("goal")
    run.send("offer", "master-class-3")
    yield from run.wait_for("decide", "ordered", 4 * DAY)
    return run.end("goal" if run.passes[-1][2] == "held" else "end")


def _welcome(run: Run) -> Iterator[float]:
    run.send("welcome", "welcome")
    yield from run.wait("pause", 3 * DAY)
    run.send("read", "welcome-articles")
    run.end("end")


def _cart(run: Run) -> Iterator[float]:
    yield from run.wait_for("cool-down", "ordered", 4 * HOUR)
    if run.passes[-1][2] == "held":
        return run.end("goal")
    run.send("remind", "cart-1")
    yield from run.wait_for("answer", "ordered", 2 * DAY)
    if run.passes[-1][2] == "held":
        return run.end("goal")
    run.send("help", "cart-2")
    return run.end("end")


def _help(run: Run) -> Iterator[float]:
    yield from run.wait("breathe", HOUR)
    run.send("offer-help", "master-class-help")
    run.end("end")


TELLERS: dict[str, Teller] = {
    "master-class": _master_class,
    "master-class-help": _help,
    "welcome": _welcome,
    "abandoned-cart": _cart,
}
"""Journey key → how its runs go; the steps are those of ``data/journeys/<key>.yaml``."""

ENTRIES: dict[str, tuple[d.Trigger, float]] = {
    "master-class": ("master-class", 30 * DAY),
    "master-class-help": ("returned", 60 * DAY),
    "welcome": ("newsletter", 400 * DAY),
    "abandoned-cart": ("cart", 14 * DAY),
}
"""Journey key → what starts it, and how long nobody enters it again."""


class Theatre:
    """Plays all runs of one person in the order of time."""

    def __init__(
        self,
        plans: dict[str, Plan],
        post: Post,
        enrolment_ids: Iterator[int],
        counts: Counter[tuple[int, str, str, int]],
    ) -> None:
        self.plans = plans
        self.post = post
        self.enrolment_ids = enrolment_ids
        self.counts = counts

    def play(self, person: Person, diary: Diary, newsletter: Letter) -> None:
        """Runs and newsletters; whoever unsubscribed gets nothing afterwards."""
        now = self.post.calendar.now
        stage: list[tuple[float, int, Run | None, Iterator[float]]] = []
        for number, run in enumerate(self._cast(person, diary)):
            heapq.heappush(stage, (run.entered, number, run, TELLERS[run.plan.key](run)))
        for number, at in enumerate(self.post.issues(person), start=1):
            issue = self.post.newsletter(person, diary, newsletter, number, at)
            heapq.heappush(stage, (at, 1000 + number, None, issue))
        while stage:
            at, number, player, teller = heapq.heappop(stage)
            wakes = next(teller, None)
            if wakes is not None and wakes <= now:
                heapq.heappush(stage, (wakes, number, player, teller))
            elif player is not None:
                self._keep(player, wakes)

    def _cast(self, person: Person, diary: Diary) -> Iterator[Run]:
        for key, (trigger, again) in ENTRIES.items():
            last = -1e12
            for at, what in diary.triggers:
                known = 0 < person.known_from <= at
                if what == trigger and known and at - last >= again:
                    last = at
                    yield Run(
                        plan=self.plans[key],
                        person=person,
                        diary=diary,
                        post=self.post,
                        enrolment_id=next(self.enrolment_ids),
                        entered=at + 1,
                        at=at + 1,
                        counts=self.counts,
                        cause=trigger,
                    )

    def _keep(self, run: Run, wakes: float | None) -> None:
        plan, contact_id, tape = run.plan, run.person.contact_id, self.post.tape
        slot = slot_of(contact_id)
        ended = None if wakes is not None else moment(run.at)
        tape.add(
            "enrolment",
            (
                contact_id,
                run.enrolment_id,
                plan.journey_id,
                plan.version_id,
                None if ended else plan.journey_id,
                "done" if ended else "waiting",
                run.step,
                slot,
                moment(wakes) if wakes is not None else None,
                moment(run.entered),
                moment(run.since or run.entered),
                ended,
                run.outcome,
                "",
                json({"kind": "event", "name": run.cause}),
            ),
        )
        for step, kind, outcome, reason, at in run.passes:
            if step:
                row = (contact_id, run.enrolment_id, plan.journey_id, plan.version_id)
                tape.add("step_pass", (*row, step, kind, outcome, reason, moment(at)))
            self.counts[(plan.version_id, step, outcome, slot)] += 1
        self._announce(run, ended is not None)

    def _announce(self, run: Run, ended: bool) -> None:
        about = f'"journey_id":{run.plan.journey_id},"journey":"{run.plan.key}"'
        entered = f'{{{about},"version":1}}'
        run.diary.note(run.entered, d.JOURNEY_ENTERED, entered, 1)
        if ended:
            props = f'{{{about},"outcome":"{run.outcome}","reason":""}}'
            run.diary.note(run.at, d.JOURNEY_ENDED, props, 1)
