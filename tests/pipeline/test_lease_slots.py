"""Workers share the timer slots."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trellis.core import clock
from trellis.pipeline import slots
from trellis.pipeline.models import SlotLease, Worker

pytestmark = pytest.mark.django_db


def test_one_worker_holds_every_slot() -> None:
    assert slots.lease("enrolment", "a") == list(range(64))
    assert slots.lease("enrolment", "a") == list(range(64))


def test_two_workers_share_without_overlap() -> None:
    slots.lease("enrolment", "a")
    assert slots.lease("enrolment", "b") == []
    Worker.objects.create(
        name="b", kind="worker", started_at=clock.wall(), at=clock.wall(), facts={}
    )
    first = slots.lease("enrolment", "a")
    second = slots.lease("enrolment", "b")
    assert len(first) == 32
    assert sorted(first + second) == list(range(64))


def test_queues_are_leased_apart() -> None:
    slots.lease("enrolment", "a")
    assert slots.lease("message", "b") == list(range(64))


def test_the_slots_of_a_dead_worker_are_taken_over() -> None:
    slots.lease("message", "dead")
    SlotLease.objects.update(until=clock.wall() - timedelta(seconds=1))
    assert slots.lease("message", "heir") == list(range(64))


def test_a_worker_that_stops_frees_its_slots_at_once() -> None:
    slots.lease("message", "a")
    slots.release("a")
    assert slots.lease("message", "b") == list(range(64))


def test_what_a_killed_worker_of_this_machine_held_is_free_at_once() -> None:
    mine = slots.new_holder()
    host, _, _ = mine.rsplit("-", 2)
    gone, elsewhere = f"{host}-999999999-ab", "another-machine-999999999-ab"
    slots.lease("message", gone)
    slots.lease("enrolment", elsewhere)
    slots.bury()
    assert slots.lease("message", mine) == list(range(64))
    assert slots.lease("enrolment", mine) == []
