"""The worker: threads that move facts, timers and messages until they are told to stop.

Each thread repeats one step. It works without pause while there is work, looks again after
a short rest when there is none, and backs off while the database is away.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import structlog
from django.db import connection

from trellis.core import clock, db, instance, sql
from trellis.core.days import day_of
from trellis.messaging import deliver
from trellis.pipeline import advance, slots, ticks

ADVANCERS = 2
"""Threads that work the inbox: one decides while the other waits for the database."""
REST = 0.1
"""Seconds before an idle thread looks again; decides how soon a fact is decided."""
PULSE = 5.0
REAP = 10.0
WINDOWS = 600.0
"""Seconds between reports, between looks for lost leases, and between looks for contacts
whose windows move (besides the change of day)."""
LONGEST_BACKOFF = 10.0
FORGET = timedelta(hours=1)
UPKEEP_LOCK = 7_305

_SQL = sql.load(__package__, "ticks")
_log = structlog.get_logger(__name__)

Step = Callable[[], int]
"""One step of a thread: returns how much it did, 0 when there was nothing to do."""


def run(stop: threading.Event) -> None:
    """Work until ``stop`` is set; what is under way is finished and leases are given back.

    Survives the loss of the database: every thread tries again with back-off.
    """
    holder = slots.new_holder()
    slots.bury()
    works = [
        *(Work(f"advance-{i}", advance.run_batch) for i in range(ADVANCERS)),
        Work("enrolments", Timers("enrolment", holder, ticks.enrolments).step),
        Work("messages", Timers("message", holder, ticks.messages).step),
        Work("clock", Clock().step, rest=1.0),
        Work("pulse", Pulse(holder).step, rest=PULSE),
    ]
    threads = [threading.Thread(target=w.run, args=(stop,), name=w.name) for w in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _leave(holder)


@dataclass(kw_only=True)
class Backoff:
    """How long to wait after the n-th failure in a row, with jitter."""

    failures: int = 0

    def after_failure(self) -> float:
        """Seconds until the next try."""
        self.failures += 1
        longest = min(LONGEST_BACKOFF, 0.25 * 2.0**self.failures)
        return longest * (0.5 + random.random() / 2)

    def reset(self) -> None:
        """It works again."""
        self.failures = 0


@dataclass
class Work:
    """A thread's work: one step, again and again."""

    name: str
    step: Step
    rest: float = REST
    backoff: Backoff = field(default_factory=Backoff)

    def run(self, stop: threading.Event) -> None:
        """Repeat the step until ``stop`` is set."""
        try:
            while not stop.is_set():
                stop.wait(self._once())
        finally:
            connection.close()

    def _once(self) -> float:
        """Do one step; returns how long to rest."""
        try:
            instance.refresh_clock()
            done = self.step()
        except Exception as error:  # noqa: BLE001  # the thread must live on
            wait = self.backoff.after_failure()
            _log.warning("step failed", work=self.name, error=repr(error)[:500], wait=wait)
            connection.close()
            return wait
        self.backoff.reset()
        return 0.0 if done else self.rest


class Timers:
    """Runs the timers of the slots this worker holds."""

    def __init__(self, queue: str, holder: str, work: Callable[[list[int]], int]) -> None:
        self._queue, self._holder, self._work = queue, holder, work
        self._slots: list[int] = []
        self._leased_at = -1e9

    def step(self) -> int:
        """Prolong the lease where it is time, and run what is due."""
        if time.monotonic() - self._leased_at > slots.TTL.total_seconds() / 3:
            self._slots = slots.lease(self._queue, self._holder)
            self._leased_at = time.monotonic()
        return self._work(self._slots) if self._slots else 0


class Clock:
    """What one worker at a time does by the clock: windows, lost leases, upkeep."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._windows_at = self._reaped_at = -1e9

    def step(self) -> int:
        """Do what is due; nothing where another worker is at it."""
        tick, today = time.monotonic(), day_of(clock.now())
        new_day = today != self._day
        if not new_day and tick - self._reaped_at < REAP:
            return 0
        if not db.fetch(_SQL["try_lock"], [UPKEEP_LOCK])[0][0]:
            return 0
        try:
            deliver.reap(clock.now())
            if new_day:
                ticks.upkeep(clock.now())
            scored = ticks.score_companies(clock.now())
            if new_day or scored or tick - self._windows_at > WINDOWS:
                ticks.windows(clock.now())
                self._windows_at = time.monotonic()
        finally:
            db.fetch(_SQL["unlock"], [UPKEEP_LOCK])
        self._reaped_at, self._day = tick, today
        return 0


class Pulse:
    """Reports that this process lives."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._started_at = clock.wall()

    def step(self) -> int:
        """Report, and forget processes that stopped doing so long ago."""
        now = clock.wall()
        beat = {"name": self._holder, "started_at": self._started_at, "at": now}
        db.run(_SQL["beat"], {**beat, "facts": json.dumps({"pid": os.getpid()})})
        db.run(_SQL["forget"], [now - FORGET])
        return 0


def _leave(holder: str) -> None:
    """Give back what this worker holds; where the database is away, it runs out by itself."""
    try:
        slots.release(holder)
        db.run(_SQL["leave"], [holder])
    except Exception as error:  # noqa: BLE001  # stopping must not fail
        _log.warning("leases run out by themselves", error=repr(error)[:200])
    finally:
        connection.close()
