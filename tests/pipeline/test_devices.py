"""Devices that people come with, as rules read them."""

from __future__ import annotations

import pytest

from tests.pipeline.facts import T, device, email, fact, page, run
from tests.world import NOW, members, segment
from trellis.events.models import ContactDevice
from trellis.people.models import Contact
from trellis.rules.explain import explain
from trellis.rules.parse import parse
from trellis.rules.registry import snapshot

pytestmark = pytest.mark.django_db

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/148.0.0.0 Safari/537.36"
)


def visit(
    who: tuple[str, str], agent: str, locale: str, at: float = T, **more: object
) -> object:
    return page("/", who, at=at, session_start=True, user_agent=agent, locale=locale, **more)


def test_a_visit_tells_the_device_and_its_segments_follow() -> None:
    segment("phones", {"field": "contact.device", "op": "has", "value": ["phone"]})
    segment("both", {"field": "contact.device", "op": "has_all", "value": ["phone", "desktop"]})
    segment("safari", {"field": "contact.browser", "op": "has", "value": "safari"})
    segment("spanish", {"field": "contact.device_language", "op": "has", "value": "es"})
    run(visit(device("d1"), IPHONE, "es-ES"))
    ann = Contact.objects.get().contact_id
    assert members("phones") == members("safari") == members("spanish") == {ann}
    assert members("both") == set()
    run(
        visit(device("d1"), WINDOWS, "ca", at=T + 9),
        visit(device("d1"), IPHONE, "es", at=T - 5),
    )
    assert members("both") == {ann}
    rows = ContactDevice.objects.order_by("os").values_list("form", "os", "browser", "language")
    assert list(rows) == [
        ("desktop", "Windows", "Chrome", "ca"),
        ("phone", "iOS", "Safari", "es"),
    ]


def test_only_what_begins_a_visit_and_says_something_is_noted() -> None:
    run(
        page("/", email("a@x.io"), user_agent=IPHONE),
        page("/", email("b@x.io"), session_start=True),
    )
    assert not ContactDevice.objects.exists()


def test_joined_people_keep_the_devices_of_both() -> None:
    run(visit(email("a@x.io"), IPHONE, "es"), visit(device("d1"), IPHONE, "es", at=T + 1))
    run(visit(device("d1"), WINDOWS, "es", at=T + 2))
    run(fact("Signed in", email("a@x.io"), device("d1")))
    winner = Contact.objects.get(merged_into=None).contact_id
    rule = parse({"field": "contact.device", "op": "has", "value": ["desktop"]}, snapshot())
    told = explain(rule, winner, NOW)
    assert (told.holds, told.actual) == (True, ["desktop", "phone"])
    assert "phone" in told.words
    assert ContactDevice.objects.filter(contact_id=winner).count() == 2
