"""Most viewed pages, clicked buttons and read messages (T2)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.test import Client

from tests.pipeline.facts import device, fact, page, run
from tests.web import cast
from trellis.accounts.types import SYSTEM
from trellis.core import clock
from trellis.core.days import day_of
from trellis.events import content, inbox
from trellis.events.models import ContentDay
from trellis.events.types import Fact
from trellis.messaging import actions as messaging
from trellis.reports import most_seen as report
from trellis.reports.most_seen import most_seen
from trellis.segments import actions, lists

pytestmark = pytest.mark.django_db


def happened() -> tuple[int, int]:
    """Two visitors look around and click; one message is opened by a person and a machine."""
    ann, bob = cast.someone("Ann"), cast.someone("Bob")
    at = clock.now().timestamp()
    for who, path, title in (
        (ann, "/prices", "Prices"),
        (ann, "/prices", "Prices"),
        (bob, "/prices", "Prices"),
        (bob, "/about", ""),
    ):
        run(_page(who, path, title))
    run(fact("Page Read", contact_id=ann, at=at, props={"path": "/prices"}))
    for _n in range(3):
        run(
            fact(
                "Element Clicked",
                contact_id=bob,
                at=at,
                props={"element": "buy", "text": "Buy"},
            )
        )
    for name, human in (("Message Opened", 0.9), ("Message Opened", 0.1)):
        inbox.put([inbox.system_fact(ann, name, {"template": "hello", "human": human})])
    inbox.put([inbox.system_fact(ann, "Message Sent", {"template": "hello"})])
    run()
    content.roll_up()
    return ann, bob


def _page(who: int, path: str, title: str) -> Fact:
    return msgspec.structs.replace(
        page(path, at=clock.now().timestamp(), title=title), contact_id=who
    )


def test_pages_clicks_and_messages_are_ordered_by_how_often(client: Client) -> None:
    happened()
    today = day_of(clock.now())
    pages = most_seen("pages", today, today)
    assert [(row.key, row.label, list(row.times)) for row in pages.items] == [
        ("/prices", "Prices", [3, 1]),
        ("/about", "", [1, 0]),
    ]
    assert list(pages.items[0].people) == [2, 1]
    clicks = most_seen("clicks", today, today)
    assert [(row.key, row.label, list(row.times)) for row in clicks.items] == [
        ("buy", "Buy", [3])
    ]
    messages = most_seen("messages", today, today)
    assert [(row.key, list(row.times)) for row in messages.items] == [("hello", [1, 1, 0])]


def test_a_segment_narrows_and_a_large_one_is_estimated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann, bob = happened()
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    lists.add(SYSTEM, vip.pk, [bob], clock.now())
    today = day_of(clock.now())
    clicks = most_seen("clicks", today, today, vip.pk)
    assert [(row.key, list(row.times)) for row in clicks.items] == [("buy", [3])]
    assert not clicks.estimated
    lists.add(SYSTEM, vip.pk, [ann], clock.now())
    monkeypatch.setattr(report, "SAMPLE", 1)
    assert most_seen("clicks", today, today, vip.pk).estimated


def test_counting_again_counts_nothing_twice_and_late_events_too() -> None:
    happened()
    before = list(ContentDay.objects.order_by("day", "kind", "key").values())
    content.roll_up()
    assert list(ContentDay.objects.order_by("day", "kind", "key").values()) == before
    late = clock.now() - timedelta(days=3)
    run(page("/late", device("x"), at=late.timestamp()))
    content.by_night()
    assert ContentDay.objects.get(key="/late").day == day_of(late)


def test_what_is_cut_off_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST", 2)
    at = clock.now().timestamp()
    for n in range(5):
        for _time in range(5 - n):
            run(page(f"/p{n}", device("x"), at=at))
    content.roll_up()
    today = day_of(clock.now())
    found = most_seen("pages", today, today)
    assert [row.key for row in found.items] == ["/p0", "/p1"]
    assert (found.cut, found.cut_items) == (6, 3)
    one = most_seen("pages", today, today, most=1)
    assert (one.cut, one.cut_items) == (10, 4)


def test_the_page_and_its_file_show_them(client: Client) -> None:
    cast.sign_in(client)
    happened()
    messaging.save_template(
        SYSTEM,
        messaging.TemplateDraft(
            key="hello",
            name="Hello there",
            variants={"": {"subject": "x", "html": "x", "text": "x"}},
        ),
    )
    text = client.get("/reports/most-seen/?what=messages").content.decode()
    assert "Hello there" in text
    lines = client.get("/reports/most-seen/?what=pages&format=csv").content.decode()
    assert "/prices,Prices,3,1,2" in lines
