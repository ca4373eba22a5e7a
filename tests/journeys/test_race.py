"""Two workers on the same slots never move one run twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from tests.journeys.conftest import NOW, SLOTS, World
from trellis.journeys import engine, store
from trellis.journeys.models import Enrolment, StepPass
from trellis.messaging.models import Message
from trellis.people.models import Attribute

STEPS = "- {id: pause, wait: {for: 1 day}}\n- {id: mail, send: {template: hello}}"


class Worker(threading.Thread):
    """Works in a connection of its own."""

    def __init__(self, work: object) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            assert callable(self.work)
            self.result = self.work()
        except Exception as error:  # noqa: BLE001  # told to the test by finish()
            self.error = error
        finally:
            connections.close_all()

    def finish(self) -> object:
        self.join(30)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture
def crowd(transactional_db: None) -> Iterator[World]:
    """A committed world of twenty people who wait for a day."""
    world = World()
    world.cast()
    world.journey(STEPS)
    people = [world.person() for _ in range(20)]
    world.react(*(world.event(person) for person in people))
    yield world
    Attribute.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_due_runs_without_moving_one_twice(crowd: World) -> None:
    due = NOW + timedelta(days=1)
    held, go = threading.Event(), threading.Event()

    def slow() -> int:
        with transaction.atomic():
            taken = engine.run_due(SLOTS, due)
            held.set()
            assert go.wait(20)
            return taken

    def late() -> int:
        return engine.run_due(SLOTS, due)

    first = Worker(slow)
    first.start()
    assert held.wait(20)
    second = Worker(late)
    second.start()
    waiting_for_a_lock(1)
    go.set()
    assert (first.finish(), second.finish()) == (20, 0)
    assert Message.objects.count() == 20
    assert StepPass.objects.count() == 40
    assert set(Enrolment.objects.values_list("outcome", flat=True)) == {"end"}


@pytest.mark.django_db(transaction=True)
def test_an_event_and_a_tick_do_not_both_move_a_run(crowd: World) -> None:
    due = NOW + timedelta(days=1)
    contact_id = Enrolment.objects.order_by("contact_id")[0].contact_id
    held, go = threading.Event(), threading.Event()

    def batch() -> None:
        with transaction.atomic():
            store.hold([contact_id])
            held.set()
            assert go.wait(20)
            engine.react([crowd.event(contact_id, "Any")], due)

    events = Worker(batch)
    events.start()
    assert held.wait(20)
    tick = Worker(lambda: engine.run_due(SLOTS, due))
    tick.start()
    waiting_for_a_lock(1)
    go.set()
    events.finish()
    assert tick.finish() == 20
    assert Message.objects.filter(contact_id=contact_id).count() == 1


def waiting_for_a_lock(n: int) -> None:
    """Return once so many connections wait for a row; looks until the statement timeout."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            row = cursor.fetchone()
            if row is not None and row[0] >= n:
                return
