"""Monthly partitions of the log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.pipeline.facts import NOW, email, fact, run
from trellis.core import db
from trellis.events import partitions
from trellis.events.models import Event

pytestmark = pytest.mark.django_db


def months() -> set[str]:
    rows = db.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass"
    )
    return {name for (name,) in rows}


def old_in(table: str) -> int:
    return int(db.fetch(f"SELECT count(*) FROM {table} WHERE at < '2025-01-01'")[0][0])


def in_table(table: str) -> int:
    return int(db.fetch(f"SELECT count(*) FROM {table}")[0][0])


def test_months_are_made_ahead_and_for_the_history_and_only_once() -> None:
    partitions.ensure(NOW)
    assert {"event_2025_10", "event_2026_03", "event_2026_05"} <= months()
    assert partitions.ensure(NOW) == 0


def test_events_of_a_month_without_a_partition_are_safe_and_move_when_it_is_made() -> None:
    late = datetime(2024, 7, 5, tzinfo=UTC)
    run(fact("Old", email("a@x.io"), at=late.timestamp()))
    assert old_in("event_default") == 1
    partitions.ensure(NOW)
    assert old_in("event_default") == 0
    assert in_table("event_2024_07") == 1
    assert Event.objects.filter(at__lt=NOW.replace(year=2025)).get().at == late


def test_an_event_far_in_the_future_stays_in_the_default_partition() -> None:
    run(fact("Odd", email("a@x.io"), at=datetime(2033, 1, 1, tzinfo=UTC).timestamp()))
    partitions.ensure(NOW)
    assert "event_2033_01" not in months()
    rows = db.fetch("SELECT at FROM event_default WHERE at > '2030-01-01'")
    assert len(rows) == 1


def test_months_beyond_retention_are_dropped(settings: object) -> None:
    settings.TRELLIS_EVENT_MONTHS = 3  # type: ignore[attr-defined]  # pytest-django's fixture
    run(
        fact("Old", email("a@x.io"), at=datetime(2025, 10, 9, tzinfo=UTC).timestamp()),
        fact("Kept", email("a@x.io"), at=datetime(2025, 12, 9, tzinfo=UTC).timestamp()),
    )
    partitions.ensure(NOW)
    partitions.retire(NOW)
    assert "event_2025_10" not in months()
    assert [event.at.month for event in Event.objects.filter(depth=0)] == [12]
