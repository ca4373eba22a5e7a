"""Which source an arrival came through, and what becomes of it (C1, C13)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.pipeline.facts import NOW, T, device, email, fact, identify, page, run
from trellis.events.names import FORM_SUBMITTED
from trellis.leads.models import Lead
from trellis.people.models import Contact
from trellis.sources.attribute import source_of
from trellis.sources.models import Source, Touch

SITE = "https://shop.io/"


@pytest.mark.parametrize(
    ("props", "key"),
    [
        ({}, "direct"),
        ({"url": SITE, "referrer": "https://www.shop.io/a"}, "direct"),
        ({"url": SITE, "referrer": "https://www.google.es/"}, "seo"),
        ({"url": SITE, "referrer": "https://www.baidu.com/s"}, "seo"),
        ({"url": SITE, "referrer": "https://m.facebook.com/"}, "social"),
        ({"url": SITE, "referrer": "https://blog.friend.org/"}, "partner"),
        ({"utm_source": "Douyin", "utm_medium": "video"}, "douyin"),
        ({"utm_source": "weixin"}, "wechat"),
        ({"utm_source": "google", "utm_medium": "CPC"}, "sem"),
        ({"gclid": "x", "url": SITE, "referrer": "https://www.google.es/"}, "sem"),
        ({"utm_source": "spring", "utm_medium": "email"}, "email"),
        ({"utm_source": "somebody"}, "partner"),
        ({"source": "exhibition", "utm_medium": "email"}, "exhibition"),
        ({"url": SITE, "referrer": "http://[broken"}, "direct"),
    ],
)
def test_marks_and_referrers_name_the_source(props: dict[str, str], key: str) -> None:
    assert source_of(props) == key


@pytest.mark.django_db
def test_the_tree_has_two_levels_two_origins_and_knows_what_is_paid() -> None:
    assert Source.objects.filter(parent__parent__isnull=False).count() == 0
    assert set(Source.objects.values_list("origin", flat=True)) == {"market", "sales"}
    assert Source.objects.get(key="sem").paid
    assert not Source.objects.get(key="seo").paid


@pytest.fixture
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("at_noon")
def test_who_comes_again_gets_a_touch_and_no_second_lead() -> None:
    form = {"form": "class"}
    run(page("/", device("d"), url=SITE, referrer="https://www.google.es/"))
    run(fact(FORM_SUBMITTED, email("a@x.io"), device("d"), props=form, origin="form"))
    run(identify(email("a@x.io"), at=T + 5))
    run(fact(FORM_SUBMITTED, email("a@x.io"), at=T + 9, props=form, origin="form"))
    assert Contact.objects.filter(merged_into=None).count() == 1
    assert Lead.objects.count() == 1
    assert list(Touch.objects.order_by("at").values_list("how", flat=True)) == [
        "visit", "form", "form",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("at_noon")
def test_an_imported_contact_came_through_a_list_of_sales() -> None:
    run(fact("Imported", email("a@x.io"), origin="import"))
    touch = Touch.objects.get()
    assert touch.how == "import"
    assert Source.objects.get(pk=touch.source_id).key == "sales-import"
