"""Refused items are kept with what a replay needs, and can be replayed once mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.tracking.client import counted, facts
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Forbidden
from trellis.events import rejected
from trellis.events.models import Rejected
from trellis.tracking.replay import Replayed, replay

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def keep(
    body: bytes, reason: str = "no_event_name", call: str = "track", sent: str = ""
) -> int:
    """Keep one refused item; returns its id."""
    item = rejected.Item(
        at=AT.timestamp(),
        reason=reason,
        detail="",
        origin="api",
        call=call,
        sent=sent,
        key_id=3,
        body=body,
    )
    rejected.keep([item])
    newest = Rejected.objects.order_by("-id").first()
    assert newest is not None
    return newest.pk


def test_a_mended_item_enters_with_the_time_of_its_receipt() -> None:
    body = b'{"userId":"u","event":"X","timestamp":"2026-11-20T07:00:00Z"}'
    number = keep(body, sent="2026-11-20T07:00:30Z")
    assert replay(SYSTEM, [number]) == Replayed(accepted=1, refused=0)
    (fact,) = facts()
    assert fact.at == (AT - timedelta(seconds=30)).timestamp()
    assert (fact.key_id, fact.origin, fact.name) == (3, "api", "X")
    assert counted("accepted") == {"replay": 1}
    assert Audit.objects.get().summary == "replayed 1, refused again 0"


def test_an_item_is_replayed_once() -> None:
    number = keep(b'{"userId":"u","event":"X"}')
    replay(SYSTEM, [number])
    assert replay(SYSTEM, [number]) == Replayed(accepted=0, refused=0)
    assert len(facts()) == 1


def test_what_is_still_wrong_stays_with_its_newest_reason() -> None:
    number = keep(b'{"event":"X"}')
    assert replay(SYSTEM, [number]) == Replayed(accepted=0, refused=1)
    row = Rejected.objects.get()
    assert (row.reason, row.replayed_at) == ("no_identity", None)


def test_who_may_not_write_events_may_not_replay() -> None:
    reader = Actor(kind="user", id=1, name="Vera", rights=frozenset({"events.read"}))
    with pytest.raises(Forbidden):
        replay(reader, [keep(b"{}")])


def test_refused_items_are_listed_counted_and_pruned() -> None:
    first, second = keep(b"1"), keep(b"2", reason="not_json")
    assert [row.pk for row in rejected.page()] == [second, first]
    assert [row.pk for row in rejected.page(reason="not_json")] == [second]
    assert [row.pk for row in rejected.page(before=second)] == [first]
    assert rejected.counts(AT) == {"no_event_name": 1, "not_json": 1}
    assert counted("rejected") == {"no_event_name": 1, "not_json": 1}
    assert rejected.prune(clock.now()) == 2
