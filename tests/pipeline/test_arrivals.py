"""Who came by a link of a message: tied, left alone, or refused after a scanner."""

from __future__ import annotations

import pytest

from trellis.core import clock
from trellis.events import inbox, names
from trellis.events.models import Event
from trellis.events.types import IDENTIFY, Fact
from trellis.people.models import ContactIdentity
from trellis.pipeline.drain import drain


def put(fact: Fact) -> None:
    inbox.put([fact])
    drain()


def identify(key: str, *ids: tuple[str, str], came_by: tuple[int, int] | None = None) -> Fact:
    now = clock.now().timestamp()
    return Fact(key, IDENTIFY, "Identified", now, ids=ids, came_by=came_by, origin="t.js")


def known() -> int:
    put(identify("m1", ("email", "ann@x.io")))
    return ContactIdentity.objects.get(kind="email").contact_id


def arrivals() -> list[tuple[int, str]]:
    rows = Event.objects.filter(props__has_key="arrival").order_by("logged_at")
    return [(row.contact_id, row.props["arrival"]) for row in rows]


@pytest.mark.django_db
def test_the_event_says_that_the_device_was_tied_and_then_that_it_was_known() -> None:
    ann = known()
    for key in ("m2", "m3"):
        put(identify(key, ("anonymous_id", "d"), came_by=(ann, 42)))
    assert arrivals() == [(ann, "tied"), (ann, "known")]


@pytest.mark.django_db
def test_after_a_scanner_nobody_is_tied() -> None:
    ann = known()
    put(inbox.system_fact(ann, names.MESSAGE_CLICKED, {"message_id": 42, "why": "burst"}))
    put(identify("m2", ("anonymous_id", "d"), came_by=(ann, 42)))
    ((contact, outcome),) = arrivals()
    assert (contact != ann, outcome) == (True, "scanner")
    put(identify("m3", ("anonymous_id", "e"), came_by=(ann, 43)))
    assert arrivals()[1] == (ann, "tied")
