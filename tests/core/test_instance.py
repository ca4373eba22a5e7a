"""The instance row and the sandbox clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from trellis.core import clock, instance, locks


@pytest.mark.django_db
def test_a_new_instance_begins_in_epoch_one() -> None:
    assert locks.share_definitions() == 1


@pytest.mark.django_db
def test_moving_the_clock_moves_now_for_everyone() -> None:
    before = clock.now()
    try:
        instance.move_clock(timedelta(days=7))
        assert clock.now() - before >= timedelta(days=7)
    finally:
        clock.set_offset(timedelta())
