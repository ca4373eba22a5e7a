"""The profile: cards, the filtered timeline, and pages for those who may not save."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts import access
from trellis.accounts.models import Role
from trellis.core import clock
from trellis.people.consent import Said, record
from trellis.people.models import Standing
from trellis.pipeline.drain import drain
from trellis.web.staff.cards import CARDS

pytestmark = pytest.mark.django_db


def timeline(client: Client, contact_id: int, query: str = "") -> str:
    answer = client.get(f"/contacts/{contact_id}/timeline/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_card_is_listed_once() -> None:
    keys = [card.key for card in CARDS]
    assert len(keys) == len(set(keys))


def test_a_card_is_shown_to_those_with_its_right_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = cast.found(client)
    page = client.get(f"/contacts/{company.ann}/").content.decode()
    assert 'id="card-why"' in page
    monkeypatch.setattr(access, "ROLE_RIGHTS", {"viewer": frozenset({"contacts.read"})})
    other = Client()
    cast.sign_in(other, Role.VIEWER)
    page = other.get(f"/contacts/{company.ann}/").content.decode()
    assert 'id="card-story"' in page
    assert 'id="card-why"' not in page
    assert 'id="card-journeys"' not in page


def test_a_timeline_of_nobody_is_not_found(client: Client) -> None:
    cast.sign_in(client)
    assert client.get("/contacts/987654/timeline/").status_code == 404


def test_the_timeline_is_narrowed_by_kind_words_channel_and_days(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    cast.did(ann, "Form Submitted", form="tasting")
    cast.did(ann, "Message Sent", template="welcome", channel="email")
    cast.did(ann, "Product Viewed", product="Sourdough", price=5.8, currency="EUR")
    drain()
    assert "Sourdough" in timeline(client, ann)
    assert "Sourdough" not in timeline(client, ann, "kind=messages")
    assert "welcome" in timeline(client, ann, "kind=messages")
    assert "welcome" in timeline(client, ann, "channel=email")
    assert "tasting" not in timeline(client, ann, "channel=email")
    assert "tasting" in timeline(client, ann, "find=TAST")
    assert "welcome" not in timeline(client, ann, "find=TAST")
    today = clock.now().date()
    tomorrow = today + timedelta(days=2)
    assert "Sourdough" in timeline(client, ann, f"from={today - timedelta(days=1)}")
    assert "Nothing like this" in timeline(client, ann, f"from={tomorrow}")


def test_percent_signs_are_looked_for_in_the_timeline_as_they_are(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    cast.did(ann, "Form Submitted", form="tasting")
    drain()
    assert "Nothing like this" in timeline(client, ann, "find=%25%25")


def test_what_makes_no_sense_in_a_filter_is_left_out(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    cast.did(ann, "Form Submitted", form="tasting")
    drain()
    for query in ("kind=odd", "channel=odd", "from=9999-99-99", "to=9999-12-31", "day=x"):
        assert "tasting" in timeline(client, ann, query), query


def test_what_next_says_what_lacks_for_the_next_stage(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    world.settle(ann, now=clock.now())
    page = client.get(f"/contacts/{ann}/").content.decode()
    assert "What next" in page
    assert "Leave it to nurturing" in page


def test_a_hot_lead_who_declined_is_not_to_be_called(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann", phone="+34600111222")
    world.settle(ann, now=clock.now())
    Standing.objects.filter(contact_id=ann).update(temperature="hot")
    said = Said(ann, "sales_contact", "*", True, clock.now(), "form", "Call me")
    record([said])
    assert "Call today" in client.get(f"/contacts/{ann}/").content.decode()
    record([said._replace(given=False, at=clock.now() + timedelta(seconds=1))])
    page = client.get(f"/contacts/{ann}/").content.decode()
    assert "Do not call" in page
    assert "Call today" not in page


@pytest.mark.parametrize("address", ["/segments/new/", "/templates/new/"])
def test_who_may_not_save_sees_no_empty_form(client: Client, address: str) -> None:
    cast.sign_in(client, Role.VIEWER)
    assert client.get(address).status_code == 403


def test_settings_are_shown_but_not_open_to_those_who_may_not_change_them(
    client: Client,
) -> None:
    cast.sign_in(client, Role.VIEWER)
    page = client.get("/settings/").content.decode()
    assert "Only an administrator changes this." in page
    assert page.count(" disabled") >= 6


def test_a_form_whose_name_is_taken_keeps_what_was_written(client: Client) -> None:
    cast.sign_in(client)
    client.post("/forms/", {"name": "Tasting"})
    answer = client.post("/forms/", {"name": "Tasting"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert 'value="Tasting"' in page
    assert "There is a form with the key tasting already." in page


def test_home_greets_by_name(client: Client) -> None:
    cast.sign_in(client)
    assert "Good to see you, Ada Byron" in client.get("/").content.decode()
