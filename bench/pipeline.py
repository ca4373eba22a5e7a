"""Events through the whole pipeline: identity, log, 17 signals, scores, stage, 50 segments,
20 journeys; and how long after its arrival a fact is decided at 1,000 facts per second.

The limit is ``_by_hand``: the same work in hand-written SQL for this one company.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bench._visits import facts
from bench.base import Result, instance

THREADS = 2
ROW = 100
"""Facts that one commit of a collector accepts under load."""
TURNS = 3
RATE, SECONDS = 1_000, 20


def run(small: bool) -> list[Result]:
    """Facts per second beside the limit, and the 95th percentile of the delay."""
    from bench import company, data

    per_turn = 20_000 if small else 60_000
    with instance():
        filled = data.fill(small)
        company.define(filled.signals)
        from bench._by_hand import ByHand
        from trellis.pipeline import advance

        by_hand = ByHand(filled.signals)
        spent = {"ours": 0.0, "hand": 0.0}
        for turn in range(TURNS + 1):
            for name, work in (("hand", by_hand.run), ("ours", advance.run_batch)):
                _put(facts(per_turn, filled.contacts, seed=turn * 2 + (name == "ours")))
                seconds = _drain(work)
                if turn:  # the first turn warms both up
                    spent[name] += seconds
        figure = TURNS * per_turn / spent["ours"]
        limit = TURNS * per_turn / spent["hand"]
        lag = delay(filled.contacts)
        about = {"contacts": filled.contacts, "events": filled.events}
        return [
            Result(
                name="pipeline", figure=figure, unit="facts/s", limit=limit,
                ratio=figure / limit, **about,
            ),
            Result(
                name="pipeline, p95 of delay", figure=lag, unit="s", limit=1.0,
                ratio=1.0 / max(lag, 0.001), **about,
            ),
        ]  # fmt: skip


def _put(items: list[object]) -> None:
    from trellis.events import inbox

    for start in range(0, len(items), ROW):
        inbox.put(items[start : start + ROW])  # type: ignore[arg-type]  # facts


def _drain(work: Callable[[], int]) -> float:
    """Seconds until the inbox is empty, by as many threads as a worker has."""
    from django.db import connection

    def loop() -> None:
        while work():
            pass
        connection.close()

    threads = [threading.Thread(target=loop) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while work():
        pass
    return time.perf_counter() - began


def delay(contacts: int) -> float:
    """The 95th percentile of the seconds between a fact's arrival and its decision."""
    from trellis.core import clock, db
    from trellis.pipeline import advance

    delays: list[float] = []
    claim = advance._claim
    taken = threading.local()

    def noted(limit: int) -> advance.Claimed:
        oldest = db.fetch("SELECT min(received_at) FROM inbox")[0][0]
        taken.at = oldest
        return claim(limit)

    stop = threading.Event()

    def loop() -> None:
        from django.db import connection

        while not stop.is_set():
            n = advance.run_batch()
            if n and taken.at is not None:  # what came between the look and the claim is young
                delays.extend([(clock.now() - taken.at).total_seconds()] * min(n, 1_000))
            elif not n:
                stop.wait(0.1)
        connection.close()

    advance._claim = noted
    try:
        threads = [threading.Thread(target=loop) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for second in range(SECONDS):
            items = facts(RATE, contacts, seed=1_000 + second)
            began = time.perf_counter()
            for part in range(10):
                _put(items[part * ROW : (part + 1) * ROW])
                time.sleep(max(0.0, began + (part + 1) / 10 - time.perf_counter()))
        stop.set()
        for thread in threads:
            thread.join()
    finally:
        advance._claim = claim
    return sorted(delays)[int(len(delays) * 0.95)]
