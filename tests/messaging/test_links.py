"""Public links: redirects that cannot be bent, opens, unsubscribing, preferences."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from tests.messaging.conftest import NOW, SLOTS
from trellis.accounts import keys
from trellis.accounts.types import SYSTEM
from trellis.core import clock
from trellis.events import inbox
from trellis.events.models import Inbox
from trellis.messaging import deliver, tokens
from trellis.messaging.models import Message
from trellis.messaging.tokens import Click, Origin
from trellis.people.models import Consent, Contact
from trellis.tracking import spool
from trellis.tracking.actions import configure
from trellis.web.public import accept, arrivals, links

Make = Callable[..., Any]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TARGET = "https://shop.example/list?a=1&b=%C3%BC#top"


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers={"user-agent": FIREFOX})


@pytest.fixture(autouse=True)
def forget() -> None:
    links._recent.clear()
    arrivals.forget()


def origin(**more: Any) -> Origin:
    values: dict[str, Any] = {
        "contact_id": 7,
        "message_id": 42,
        "template": "hello",
        "channel": "email",
        "purpose": "marketing",
        "sent": int(clock.now().timestamp()) - 3600,
    }
    return Origin(**(values | more))


def click_path(number: int = 1, url: str = TARGET, **more: Any) -> str:
    return tokens.click_url("", Click(origin(**more), number, url))


def facts() -> list[dict[str, Any]]:
    return [
        fact for row in Inbox.objects.order_by("id") for fact in json.loads(bytes(row.facts))
    ]


@pytest.mark.django_db
def test_a_click_leads_on_and_is_stated_with_what_it_looked_like(browser: Client) -> None:
    answer = browser.get(click_path(3), REMOTE_ADDR="203.0.113.77")
    assert (answer.status_code, answer["Location"]) == (302, TARGET)
    assert answer["Cache-Control"] == "no-store"
    [fact] = facts()
    assert (fact["name"], fact["type"], fact["contact_id"]) == ("Message Clicked", "system", 7)
    props = fact["props"]
    assert (props["message_id"], props["template"], props["url"]) == (42, "hello", TARGET)
    assert (props["human"], props["why"], props["link"]) == (0.95, "person", 3)
    assert (props["agent"], props["network"]) == (FIREFOX, "203.0.113.0/24")


@pytest.mark.django_db
def test_a_scanner_that_opens_every_link_is_noticed(browser: Client) -> None:
    for number in (1, 2, 3, 4):
        browser.get(click_path(number))
    assert [fact["props"]["why"] for fact in facts()] == ["person", "person", "burst", "burst"]


@pytest.mark.django_db
def test_head_and_prefetch_are_not_a_person(browser: Client) -> None:
    assert browser.head(click_path()).status_code == 302
    browser.get(click_path(), headers={"sec-purpose": "prefetch;prerender"})
    assert [fact["props"]["why"] for fact in facts()] == ["head", "prefetch"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/l/https://evil.example",
        "/l/" + "A" * 60,
        click_path()[:-3] + "xyz",
        tokens.open_url("", origin()).replace("/o/", "/l/"),
        click_path(url="javascript:alert(1)"),
        click_path(url="//evil.example"),
        "/l/%00",
    ],
    ids=["foreign", "made up", "changed", "other purpose", "script", "no scheme", "nul"],
)
def test_a_redirect_that_was_not_signed_here_leads_nowhere(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "Location" not in answer
    assert facts() == []


@pytest.mark.django_db
def test_the_pixel_tells_of_an_open_and_is_a_picture_whatever_happens(browser: Client) -> None:
    answer = browser.get(tokens.open_url("", origin()))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    [fact] = facts()
    assert (fact["name"], fact["props"]["human"]) == ("Message Opened", 0.9)
    assert browser.get("/o/nonsense.gif").status_code == 200
    assert len(facts()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_unsubscribe_page_changes_nothing(browser: Client, method: str) -> None:
    answer = getattr(browser, method)(tokens.unsubscribe_url("", origin()))
    assert answer.status_code == 200
    assert facts() == []
    if method == "get":
        assert (
            b'<form method="post"><button type="submit">Unsubscribe</button>' in answer.content
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "how"), [({}, "page"), ({"List-Unsubscribe": "One-Click"}, "one-click")]
)
def test_the_button_and_one_click_withdraw_consent_once(
    browser: Client, contact: Make, body: dict[str, str], how: str
) -> None:
    ann = contact()
    path = tokens.unsubscribe_url("", origin(contact_id=ann))
    assert browser.post(path, body).status_code == 200
    consent(ann, "marketing", "email", given=False)
    assert browser.post(path, body).status_code == 200
    [first] = facts()
    assert (first["name"], first["contact_id"]) == ("Unsubscribed", ann)
    assert first["props"]["how"] == how
    assert [
        {key: word[key] for key in ("purpose", "channel", "given")} for word in first["consent"]
    ] == [{"purpose": "marketing", "channel": "email", "given": False}]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["u", "p", "v"])
def test_a_broken_link_is_a_friendly_page(browser: Client, kind: str) -> None:
    answer = browser.get(f"/{kind}/nonsense")
    assert answer.status_code == 404
    assert b"This link does not work" in answer.content
    assert browser.post(f"/{kind}/nonsense").status_code in {404, 403}
    assert facts() == []


@pytest.mark.django_db
def test_while_the_database_is_away_links_work_and_nothing_is_lost(
    browser: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.TRELLIS_DATA = tmp_path

    def away(_: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(accept, "_away_until", 0.0)
    monkeypatch.setattr(accept.connection, "close", lambda: None)
    monkeypatch.setattr(inbox, "put", away)
    assert browser.get(click_path()).status_code == 302
    assert browser.post(tokens.unsubscribe_url("", origin())).status_code == 200
    stored: list[Any] = []
    assert spool.drain(tmp_path / "spool", stored.extend) == 2
    kept = [fact for group in stored for _, data in group.rows for fact in json.loads(data)]
    assert [fact["name"] for fact in kept] == ["Message Clicked", "Unsubscribed"]


@pytest.mark.django_db
def test_when_the_disk_is_full_too_the_person_is_asked_to_come_back(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "_away_until", float("inf"))

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(spool.Spool, "append", full)
    answer = browser.post(tokens.unsubscribe_url("", origin()))
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert b"Please try again" in answer.content
    assert browser.get(click_path()).status_code == 302
    assert browser.get(tokens.open_url("", origin())).status_code == 200


@pytest.mark.django_db
def test_links_of_a_test_message_state_nothing(browser: Client) -> None:
    assert browser.get(click_path(contact_id=0)).status_code == 302
    browser.get(tokens.open_url("", origin(contact_id=0)))
    answer = browser.post(tokens.unsubscribe_url("", origin(contact_id=0)))
    assert b"test message" in answer.content
    browser.post(tokens.preference_url("", origin(contact_id=0)), {"pause": "14"})
    assert browser.get(tokens.view_url("", origin(contact_id=0))).status_code == 404
    assert facts() == []


def consent(contact_id: int, purpose: str, channel: str, *, given: bool) -> None:
    Consent.objects.create(
        contact_id=contact_id,
        consent_id=Consent.objects.count() + 1000,
        purpose=purpose,
        channel=channel,
        given=given,
        at=NOW,
        source="form",
    )


@pytest.mark.django_db
def test_the_preference_page_shows_and_takes_what_a_person_chooses(
    browser: Client, contact: Make
) -> None:
    ann = contact(consent=None)
    consent(ann, "marketing", "*", given=True)
    consent(ann, "sales_contact", "*", given=False)
    path = tokens.preference_url("", origin(contact_id=ann))
    page = browser.get(path).content.decode()
    assert 'name="marketing:email" checked' in page
    assert 'name="sales_contact:*">' in page
    assert "tracking" not in page
    assert facts() == []

    answer = browser.post(path, {"sales_contact:*": "on", "pause": "30"})
    assert "Saved" in answer.content.decode()
    withdrawn, given, paused = facts()
    assert (withdrawn["name"], withdrawn["consent"][0]["channel"]) == ("Unsubscribed", "email")
    assert (given["name"], given["consent"][0]["given"]) == ("Subscribed", True)
    assert given["consent"][0]["wording"] == "A call or message from our team"
    until = (clock.now() + timedelta(days=30)).date().isoformat()
    assert paused["traits"] == {"marketing_paused_until": until}


@pytest.mark.django_db
def test_old_links_follow_a_contact_that_was_merged(
    browser: Client, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    old, new = contact("old@example.com", consent=None), contact("new@example.com")
    Contact.objects.filter(contact_id=old).update(merged_into=new)
    page = browser.get(tokens.preference_url("", origin(contact_id=old))).content.decode()
    assert 'name="marketing:email" checked' in page
    ask(new, template())
    deliver.run_due(SLOTS, now, 10)
    number = Message.objects.get().message_id
    link = tokens.view_url("", origin(contact_id=old, message_id=number))
    assert browser.get(link).status_code == 200


@pytest.mark.django_db
def test_saving_without_a_change_states_nothing(browser: Client, contact: Make) -> None:
    path = tokens.preference_url("", origin(contact_id=contact()))
    browser.post(path, {"marketing:email": "on", "pause": "9999"})
    assert facts() == []


@pytest.mark.django_db
def test_the_page_of_a_message_runs_no_scripts(
    browser: Client, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact(first_name="Ann")
    ask(ann, template(html="<p>{{ contact.first_name }}</p><script>alert(1)</script>"))
    deliver.run_due(SLOTS, now, 10)
    number = Message.objects.get().message_id
    answer = browser.get(tokens.view_url("", origin(contact_id=ann, message_id=number)))
    assert b"<p>Ann</p>" in answer.content
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def report(message_id: str) -> bytes:
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.django_db
def test_a_bounce_is_handed_in_and_stated(browser: Client) -> None:
    path = tokens.bounce_hook_url("")
    raw = report(tokens.message_id_header("example.org", 7, 42))
    answer = browser.post(path, raw, content_type="message/rfc822")
    assert (answer.status_code, answer.json()) == (200, {"bounce": "hard"})
    [fact] = facts()
    assert (fact["name"], fact["contact_id"], fact["message_id"]) == (
        "Message Bounced",
        7,
        "msg-bounced-42-hard",
    )
    assert fact["props"]["code"] == "5.1.1"


@pytest.mark.django_db
def test_bounces_from_strangers_or_about_strangers_are_refused(
    browser: Client, settings: Any
) -> None:
    raw = report(tokens.message_id_header("example.org", 7, 42))
    wrong = browser.post("/hooks/bounce/nonsense", raw, content_type="message/rfc822")
    assert wrong.status_code == 422
    path = tokens.bounce_hook_url("")
    alien = browser.post(path, report("<x@y.example>"), content_type="message/rfc822")
    assert alien.status_code == 422
    assert browser.get(path).status_code == 405
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert browser.post(path, raw, content_type="message/rfc822").status_code == 413
    assert facts() == []


def our_site(*sites: str) -> None:
    key, _token = keys.create(SYSTEM, "write", "Site")
    configure(SYSTEM, key.pk, {"sites": list(sites)})


@pytest.mark.django_db
def test_a_persons_click_to_our_site_says_who_clicked(browser: Client) -> None:
    our_site("shop.example")
    answer = browser.get(click_path(url="https://www.shop.example/list?a=1#top"))
    before, _, token = answer["Location"].partition("&trellis=")
    assert before == "https://www.shop.example/list?a=1"
    token, _, place = token.partition("#")
    found = tokens.read_arrival(token, clock.now().timestamp())
    assert found is not None
    assert (found.contact_id, found.message_id, place) == (7, 42, "top")
    assert tokens.read_arrival(token, clock.now().timestamp() + 1801) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "case", ["another site", "no site", "robot", "prefetch", "burst", "test message"]
)
def test_no_other_click_takes_anything_along(browser: Client, case: str) -> None:
    our_site(*([] if case == "no site" else ["shop.example"]))
    url = "https://myshop.example/" if case == "another site" else TARGET
    headers = {"user-agent": "curl/8.5"} if case == "robot" else {}
    if case == "prefetch":
        headers["sec-purpose"] = "prefetch"
    if case == "burst":
        browser.get(click_path(2))
        browser.get(click_path(3))
    path = click_path(url=url, contact_id=0 if case == "test message" else 7)
    assert browser.get(path, headers=headers)["Location"] == url
