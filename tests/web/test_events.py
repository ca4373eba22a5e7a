"""The event debugger: what came, what waits, what was refused, and what became of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.cast import sign_in
from trellis.accounts import keys
from trellis.accounts.models import Key
from trellis.accounts.types import SYSTEM
from trellis.core import clock
from trellis.events import inbox, passed, queries, rejected, signals, start
from trellis.events.models import EventName, Signal
from trellis.events.types import Fact
from trellis.pipeline.drain import drain
from trellis.tracking.actions import configure

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    """A signed-in administrator."""
    sign_in(client)
    return client


ANN, BOB = "ann@example.org", "bob@example.org"


def fact(name: str, email: str, key: Key | None = None, **props: Any) -> Fact:
    """Somebody did something a minute ago."""
    return Fact(
        message_id=f"{name}-{email}",
        type="track",
        name=name,
        at=(clock.now() - timedelta(minutes=1)).timestamp(),
        ids=(("email", email),),
        props=props,
        key_id=key.pk if key else None,
    )


@pytest.fixture
def key() -> Key:
    """A write key."""
    return keys.create(SYSTEM, "write", "Shop")[0]


def shown(staff: Client, **asked: str) -> str:
    """The page's text."""
    answer = staff.get(reverse("events"), asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_tail_shows_what_was_accepted_waits_and_was_refused(
    staff: Client, key: Key
) -> None:
    inbox.put([fact("Cake Viewed", ANN, key)])
    drain()
    inbox.put([fact("Cake Eaten", BOB)])
    now = clock.now().timestamp()
    rejected.keep(
        [rejected.Item(now, "bot_crawler", "", "t.js", "page", "", key.pk, b'{"a": 1}')]
    )
    text = shown(staff)
    assert "Cake Viewed" in text
    assert "Cake Eaten" in text
    assert "A crawler" in text


def test_the_tail_is_narrowed_by_person_name_and_key(staff: Client, key: Key) -> None:
    inbox.put([fact("Cake Viewed", ANN, key), fact("Tart Viewed", BOB)])
    drain()
    for asked, there, gone in (
        ({"who": ANN}, "Cake Viewed</a>", "Tart Viewed</a>"),
        ({"name": "Tart Viewed"}, "Tart Viewed</a>", "Cake Viewed</a>"),
        ({"key": str(key.pk)}, "Cake Viewed</a>", "Tart Viewed</a>"),
    ):
        text = shown(staff, **asked)
        assert there in text
        assert gone not in text
    assert "Nobody has this name" in shown(staff, who="nobody@example.org")


def test_a_flood_of_made_up_names_leaves_the_real_ones_to_choose_from() -> None:
    EventName.objects.create(type="track", name="Order Completed")
    EventName.objects.bulk_create(
        EventName(type="track", name=f"A {n}", first_seen=clock.now() + timedelta(seconds=n))
        for n in range(1, 6)
    )
    offered = [row.name for row in queries.catalogue(limit=3)]
    assert offered == ["A 1", "A 2", "Order Completed"]


def test_the_tail_is_live_until_it_is_paused(staff: Client) -> None:
    assert "every 2s" in shown(staff)
    assert "every 2s" not in shown(staff, paused="1")


def test_a_tail_left_open_is_drawn_again_only_where_something_came(staff: Client) -> None:
    found = re.search(r'hx-get="([?]seen=[^"]+)"', shown(staff))
    assert found is not None
    watch = {"HX-Request": "true"}
    assert staff.get(f"/events/{found[1]}", headers=watch).status_code == 204
    assert staff.get("/events/?seen=other", headers=watch).status_code == 200


def test_an_event_tells_what_counted_it_and_what_followed(staff: Client) -> None:
    signals.ensure("track", "Cake Viewed", name="Saw a cake")
    inbox.put([fact("Cake Viewed", ANN, cake="tart")])
    drain()
    page = shown(staff, who=ANN, name="Cake Viewed")
    address = page.split('<a class="strong" href="')[1].split('"')[0]
    text = staff.get(address).content.decode()
    assert "Saw a cake" in text
    assert "&quot;cake&quot;: &quot;tart&quot;" in text
    assert staff.get(reverse("events-detail", args=[1, 1])).status_code == 404


def test_an_event_tells_which_signals_passed_it_over_and_why(staff: Client) -> None:
    dear = {"field": "prop.price", "op": "gte", "value": 100}
    salty = {"field": "prop.kind", "op": "eq", "value": "salty"}
    signals.ensure("track", "Cake Viewed", {"all": [dear]}, name="Saw a dear cake")
    signals.ensure("track", "Cake Viewed", {"none": [salty]}, name="Saw a sweet cake")
    either = signals.ensure(
        "track", "Cake Viewed", {"any": [dear, salty]}, name="Dear or salty"
    )
    broken = signals.ensure("track", "Cake Viewed", {"all": [salty]}, name="Saw a salty cake")
    inbox.put([fact("Cake Viewed", ANN, kind="salty")])
    drain()
    Signal.objects.filter(pk=broken.pk).update(status="broken", why="nothing to read")
    props = {"kind": "salty"}
    rows = passed.passed_over("track", "Cake Viewed", props, [either.pk])
    assert {row.signal.name: [part.actual for part in row.unmet] for row in rows} == {
        "Saw a dear cake": [None],
        "Saw a salty cake": [],
        "Saw a sweet cake": ["salty"],
    }
    page = shown(staff, who=ANN, name="Cake Viewed")
    address = page.split('<a class="strong" href="')[1].split('"')[0]
    missed = staff.get(address).content.decode().split("Signals that did not count it")[1]
    assert "Saw a dear cake" in missed
    assert "the event does not say" in missed
    assert "Dear or salty" not in missed


def test_a_key_is_set_and_the_second_of_two_editors_is_told(staff: Client, key: Key) -> None:
    address = reverse("keys-tracking", args=[key.pk])
    form = {
        "consent": "opt_in",
        "before": "cookieless",
        "on": ["pages", "read"],
        "clicks": '.price = Price\na[href="x=1"]',
        "read": "4",
        "domain": "example.org",
        "bots": "refuse",
        "version": "1",
    }
    assert staff.post(address, form).status_code == 302
    key.refresh_from_db()
    assert key.tracking["clicks"] == [[".price", "Price"], ['a[href="x=1"]', ""]]
    assert "exit" in key.tracking["off"]
    late = staff.post(address, {**form, "read": "9"})
    assert "changed" in late.content.decode()
    key.refresh_from_db()
    assert key.tracking["read"] == 4
    bad = staff.post(address, {**form, "version": "2", "domain": "not a domain"})
    assert "example.org" in bad.content.decode()
    key.refresh_from_db()
    assert key.version == 2


def test_a_revoked_key_has_no_settings(staff: Client, key: Key) -> None:
    keys.revoke(SYSTEM, key.pk)
    assert staff.get(reverse("keys-tracking", args=[key.pk])).status_code == 404


def test_options_that_change_nothing_are_not_noted(key: Key) -> None:
    assert configure(SYSTEM, key.pk, {}).version == 1


def test_a_new_instance_counts_what_websites_tell() -> None:
    assert start.put() == Signal.objects.count()
    assert start.put() == Signal.objects.count()
    assert set(Signal.objects.values_list("status", flat=True)) == {"live"}
