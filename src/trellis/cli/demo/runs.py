"""Journeys of the past: each run is told step by step, as the engine would have moved it.

A teller is a generator that yields when the run wakes next. What would wake after now
stays a waiting enrolment, with its step and time, for the engine to take over.
"""

from __future__ import annotations

import heapq
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
    reason: str = ""
    deadline: float = 0.0
    passes: list[tuple[str, str, str, str, float]] = field(default_factory=list)

    def through(self, step: str, kind: str, outcome: str, reason: str = "") -> None:
        """Leave ``step`` with an outcome."""
        self.step = step
        self.passes.append((step, kind, outcome, reason, self.at))
        self.hops += 1

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
        self.through(step, "wait", "passed", "time")

    def wait_for(self, step: str, trigger: d.Trigger, timeout: float) -> Iterator[float]:
        """A wait step until something happens, at most for ``timeout``."""
        self.step, self.since = step, self.at
        happens = self.diary.after(trigger, self.at)
        held = 0 < happens <= self.at + timeout
        self.deadline = self.at + timeout
        yield happens if held else self.deadline
        self.at = happens if held else self.deadline
        if held:
            self.through(step, "wait", "happened", "event")
        else:
            self.through(step, "wait", "timeout", "timeout")

    def reaches_goal(self, wakes: float | None, now: float) -> bool:
        """Whether the goal comes before the run moves on, and by now; then it ends there."""
        trigger = GOALS.get(self.plan.key)
        goal = self.diary.after(trigger, self.at) if trigger and wakes is not None else 0.0
        if wakes is None or not 0 < goal <= min(wakes, now):
            return False
        self.at = goal
        self.end("goal", "event")
        return True

    def end(self, outcome: str, reason: str) -> None:
        """The run is over."""
        self.outcome, self.reason = outcome, reason


Teller = Callable[[Run], Iterator[float]]


def _master_class(run: Run) -> Iterator[float]:
    hello = run.send("hello", "master-class-1")
    yield from run.wait("pause", 2 * DAY)
    if 0 < hello.opened <= run.at:
        run.through("split", "branch", "opened", "rule")
        run.send("programme", "master-class-2")
    else:
        run.through("split", "branch", "otherwise", "otherwise")
        run.send("reminder", "master-class-reminder")
    yield from run.wait_for("think", "prices", 3 * DAY)
    run.send("offer", "master-class-3")
    yield from run.wait("decide", 4 * DAY)


def _welcome(run: Run) -> Iterator[float]:
    run.send("welcome", "welcome")
    yield from run.wait("pause", 3 * DAY)
    run.send("read", "welcome-articles")


def _cart(run: Run) -> Iterator[float]:
    yield from run.wait("cool-down", 4 * HOUR)
    run.send("remind", "cart-1")
    yield from run.wait("answer", 2 * DAY)
    run.send("help", "cart-2")


def _help(run: Run) -> Iterator[float]:
    yield from run.wait("breathe", HOUR)
    run.send("offer-help", "master-class-help")


TELLERS: dict[str, Teller] = {
    "master-class": _master_class,
    "master-class-help": _help,
    "welcome": _welcome,
    "abandoned-cart": _cart,
}
"""Journey key → how its runs go; the steps are those of ``data/journeys/<key>.yaml``."""

GOALS: dict[str, d.Trigger] = {"master-class": "booked", "abandoned-cart": "ordered"}
"""Journey key → what ends its runs at the goal, whatever step they stand in."""

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
            if player is None:
                continue
            if player.reaches_goal(wakes, now):
                self._keep(player, None)
            elif wakes is not None and wakes <= now:
                heapq.heappush(stage, (wakes, number, player, teller))
            else:
                if wakes is None:
                    player.end("end", "end")
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
                run.reason,
                json({"kind": "event", "name": run.cause}),
                run.hops,
            ),
        )
        self.counts[(plan.version_id, "", "entered", slot)] += 1
        if ended:
            self.counts[(plan.version_id, "", run.outcome, slot)] += 1
        for hop, (step, kind, outcome, reason, at) in enumerate(run.passes):
            row = (contact_id, run.enrolment_id, hop, plan.journey_id, plan.version_id)
            tape.add("step_pass", (*row, step, kind, outcome, reason, moment(at)))
            self.counts[(plan.version_id, step, outcome, slot)] += 1
        self._announce(run, ended is not None)

    def _announce(self, run: Run, ended: bool) -> None:
        about = f'"journey_id":{run.plan.journey_id},"journey":"{run.plan.key}","enrolment_id":{run.enrolment_id}'
        entered = f'{{{about},"version":1}}'
        run.diary.note(run.entered, d.JOURNEY_ENTERED, entered, 1)
        if ended:
            if run.outcome == "goal":
                run.diary.note(run.at, d.JOURNEY_GOAL, f"{{{about}}}", 1)
            props = f'{{{about},"outcome":"{run.outcome}","reason":"{run.reason}"}}'
            run.diary.note(run.at, d.JOURNEY_ENDED, props, 1)
