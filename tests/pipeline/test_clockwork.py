"""The sandbox's time, and what falls due in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.pipeline.facts import email, fact
from trellis.core import clock
from trellis.core.errors import Forbidden
from trellis.events import inbox
from trellis.events.models import Event
from trellis.people.models import Standing
from trellis.pipeline import clockwork, drain, ticks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reset_clock() -> object:
    yield
    clock.set_offset(timedelta())


def test_draining_decides_everything_that_waits() -> None:
    inbox.put([fact("A", email(f"p{i}@x.io"), at=clock.now().timestamp()) for i in range(5)])
    assert drain.drain() >= 5
    assert Event.objects.count() >= 5
    assert drain.drain() == 0


def test_time_moves_by_what_was_asked_and_stops_at_each_midnight() -> None:
    before = clock.now()
    hops = clockwork.advance(timedelta(days=3))
    assert timedelta(days=3) <= clock.now() - before < timedelta(days=3, minutes=1)
    assert hops == 4


def test_contacts_whose_window_moves_are_derived_on_that_day() -> None:
    inbox.put([fact("A", email("a@x.io"), at=clock.now().timestamp())])
    drain.drain()
    tomorrow = clock.now().date() + timedelta(days=1)
    Standing.objects.update(next_on=tomorrow)
    assert ticks.windows(clock.now()) == 0
    clockwork.advance(timedelta(days=1))
    assert Standing.objects.get().next_on != tomorrow


def test_the_clock_of_real_life_does_not_move(settings: object) -> None:
    settings.TRELLIS_SANDBOX = False  # type: ignore[attr-defined]  # pytest-django's fixture
    with pytest.raises(Forbidden):
        clockwork.advance(timedelta(hours=1))
