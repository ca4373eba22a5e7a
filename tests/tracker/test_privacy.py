"""What must never be sent or stored, whatever a page does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.tracker.site import Site
from tests.tracker.test_tracker import STORED, distinct, visit
from trellis.tracking.options import Options

pytestmark = pytest.mark.browser

FORM = """<form data-trellis-form="news" onsubmit="return false"><input name="email">
<input name="secret" type="password"><input name="otp" autocomplete="one-time-code">
<input name="card" autocomplete="cc-number"><button>Send</button></form>"""
SECRETS = ("hunter2", "123456", "4111111111111111")


def fill(page: Page) -> None:
    """Fill the form in and send it."""
    page.fill("[name=email]", "ann@example.org")
    for name, value in zip(("secret", "otp", "card"), SECRETS, strict=True):
        page.fill(f"[name={name}]", value)
    page.click("text=Send")


def test_passwords_codes_and_cards_stay_on_the_page(site: Site, page: Page) -> None:
    site.body = FORM
    visit(page, site.url + "/")
    fill(page)
    site.wait_until(("track", "Form Submitted"))
    for secret in SECRETS:
        assert secret not in str(site.messages)


@pytest.mark.parametrize(
    "query",
    [
        "email=ann@example.org",
        "reset_token=abc123",
        "password=hunter2",
        "q=ann@example.org",
        "n=4111 1111 1111 1111",
        "code=secret-code",
    ],
)
def test_secrets_in_addresses_are_cut_out(site: Site, page: Page, query: str) -> None:
    site.body = '<a href="/b">Go on</a>'
    visit(page, f"{site.url}/a?{query}&utm_source=mail&size=3#access_token=zzz")
    (view,) = distinct(site, 1)
    shown = view["context"]["page"]
    assert shown["search"] == "?utm_source=mail&size=3"
    assert shown["url"] == f"{site.url}/a?utm_source=mail&size=3"
    page.click("text=Go on")
    site.wait_until(("page", "/b"))
    assert query.partition("=")[2] not in str(site.messages)


def test_before_the_answer_cookieless_events_carry_nothing_that_tells_people_apart(
    site: Site, page: Page
) -> None:
    site.options = Options(consent="opt_in", before="cookieless", off=("time",))
    visit(page, site.url + "/a")
    page.evaluate("trellis.identify('u1', {email: 'ann@example.org'})")
    page.evaluate("trellis.track('Cake Viewed')")
    site.wait_until(("track", "Cake Viewed"))
    assert page.evaluate("trellis.consent()") == "less"
    assert page.evaluate("trellis.anonymousId()") == ""
    assert page.evaluate(STORED) == []
    assert page.context.cookies() == []
    assert {said[0] for said in site.said()} == {"page", "track"}
    for message in site.messages:
        assert message["context"].keys() == {"library", "page", "cookieless"}
        assert message.keys() <= {
            *("type", "messageId", "timestamp", "context", "event", "properties", "left"),
        }


def test_after_a_yes_the_person_is_known_and_nothing_is_told_twice(
    site: Site, page: Page
) -> None:
    site.options = Options(consent="opt_in", before="cookieless", off=("time",))
    visit(page, site.url + "/a?utm_source=mail")
    site.wait_until(("page", "/a"))
    page.evaluate("trellis.consent({tracking: true, wording: 'Yes, count me'})")
    page.evaluate("trellis.track('Cake Viewed')")
    site.wait_until(("track", "Cake Viewed"))
    messages = distinct(site, 3)
    assert [m["type"] for m in messages] == ["page", "identify", "track"]
    assert messages[1]["anonymousId"] == messages[2]["anonymousId"]
    assert messages[1]["context"]["page"]["search"] == "?utm_source=mail"
    assert page.evaluate("trellis.consent()") == "yes"


@pytest.mark.parametrize("state", ["ask", "no", "gpc"])
def test_a_form_one_sends_arrives_without_tracking(
    site: Site, browser: Browser, state: str
) -> None:
    """A form is the visitor's own wish: it arrives, and nothing about the visit does."""
    site.body = FORM
    site.options = Options(consent="opt_in")
    with browser.new_context() as context:
        if state == "gpc":
            context.add_init_script(
                "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"
            )
        page = context.new_page()
        visit(page, site.url + "/")
        if state == "no":
            page.evaluate("trellis.consent(false)")
        fill(page)
        site.wait_until(("track", "Form Submitted"))
        assert context.cookies() == []
        assert "trellis.id" not in page.evaluate(STORED)
    (sent,) = distinct(site, 1)
    assert sent["context"]["traits"] == {"email": "ann@example.org"}
    assert "anonymousId" not in sent
    assert "sessionId" not in sent["context"]
    assert "locale" not in sent["context"]
