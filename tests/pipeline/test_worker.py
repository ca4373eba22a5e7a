"""The worker's threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection, connections

from tests.pipeline.facts import email, fact
from trellis.core import clock, db
from trellis.events import inbox
from trellis.events.models import Event, Inbox
from trellis.pipeline import advance, worker
from trellis.pipeline.models import SlotLease, Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def working(stop: threading.Event) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    yield thread
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def wait_until(holds: Callable[[], bool]) -> None:
    """Return as soon as it holds; fail after half a minute."""
    deadline = time.monotonic() + 30
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.02)


def outside() -> int:
    return Event.objects.filter(depth=0).count()


def put(number: int) -> None:
    now = clock.now().timestamp()
    inbox.put([fact("A", email(f"p{i}@x.io"), at=now) for i in range(number)])


def test_a_fact_is_decided_and_the_process_reports(working: threading.Thread) -> None:
    put(3)
    wait_until(lambda: outside() == 3 and not Inbox.objects.exists())
    wait_until(lambda: Worker.objects.filter(kind="worker").count() == 1)
    wait_until(lambda: SlotLease.objects.exclude(holder="").count() == 128)


def test_a_worker_that_stops_gives_everything_back(
    working: threading.Thread, stop: threading.Event
) -> None:
    wait_until(lambda: SlotLease.objects.exclude(holder="").exists())
    stop.set()
    working.join(30)
    assert not SlotLease.objects.exclude(holder="").exists()
    assert not Worker.objects.filter(kind="worker").exists()


def test_it_survives_that_the_database_ends_all_its_connections(
    working: threading.Thread,
) -> None:
    put(2)
    wait_until(lambda: outside() == 2)
    for _ in range(3):
        db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        before = outside()
        put(5)
        wait_until(lambda before=before: outside() == before + 5)  # type: ignore[misc]  # default


def test_a_lost_database_is_no_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(batch: object) -> None:
        db.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    put(2)
    monkeypatch.setattr(advance, "STAGES", (*advance.STAGES, trip))
    with pytest.raises(OperationalError):
        advance.run_batch()
    connection.close()
    monkeypatch.undo()
    assert advance.run_batch() == 2
    connections.close_all()


def test_waits_grow_with_failures_and_begin_anew_after_success() -> None:
    backoff = worker.Backoff()
    waits = [backoff.after_failure() for _ in range(12)]
    assert waits[0] <= 0.5
    assert max(waits) <= worker.LONGEST_BACKOFF
    assert waits[-1] >= worker.LONGEST_BACKOFF / 2
    backoff.reset()
    assert backoff.after_failure() <= 0.5
