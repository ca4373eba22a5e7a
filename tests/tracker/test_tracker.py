"""What the tracker sends, and what it must not."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.tracker.site import Site

pytestmark = pytest.mark.browser

LOADED = "Boolean(window.trellis && window.trellis.track)"
STORED = "Object.keys(localStorage).filter((key) => key.startsWith('trellis.')).sort()"


def visit(page: Page, url: str) -> None:
    """Open a page and wait until the tracker runs."""
    page.goto(url)
    page.wait_for_function(LOADED)


def distinct(site: Site, count: int) -> list[dict[str, Any]]:
    """The messages as the server sees them: one for each messageId, by their time."""
    messages: dict[str, dict[str, Any]] = {}
    for total in range(count, 4 * count):
        messages = {m["messageId"]: m for m in site.wait_for(total)}
        if len(messages) >= count:
            break
    return sorted(messages.values(), key=lambda m: str(m["timestamp"]))


def test_a_visit_is_a_page_view_with_its_campaign(site: Site, page: Page) -> None:
    address = site.url + "/cakes?utm_source=mail&utm_campaign=may"
    (view,) = site.expect(page, lambda: visit(page, address), expected=[("page", "/cakes")])
    assert (view["context"]["visit"], view["context"]["sessionStart"]) == (1, True)
    shown = view["context"]["page"]
    assert shown["url"] == address
    assert shown["search"] == "?utm_source=mail&utm_campaign=may"
    assert shown["title"].startswith("Page /cakes")
    assert view["context"]["locale"] == "es-ES"
    assert view["context"]["timezone"] == "Europe/Madrid"
    assert view["context"]["library"]["name"] == "t.js"
    assert site.envelopes[0]["writeKey"] == "wk_test"
    assert site.envelopes[0]["sentAt"] >= view["timestamp"]


def test_a_visitor_keeps_their_id_from_page_to_page(site: Site, page: Page) -> None:
    site.body = '<a href="/two">Go on</a>'
    visit(page, site.url + "/one")
    page.click("text=Go on")
    first, second = distinct(site, 2)
    assert first["anonymousId"] == second["anonymousId"] != ""
    assert second["context"]["page"]["referrer"] == site.url + "/one"


def test_moving_inside_an_application_is_a_page_view(site: Site, page: Page) -> None:
    def move() -> None:
        visit(page, site.url + "/app")
        page.evaluate("history.pushState({}, '', '/app/prices')")
        page.wait_for_timeout(100)
        page.evaluate("history.replaceState({}, '', '/app/prices#top')")
        page.evaluate("history.back()")
        page.wait_for_url("**/app")
        page.wait_for_timeout(100)

    views = site.expect(
        page, move, expected=[("page", "/app"), ("page", "/app/prices"), ("page", "/app")]
    )
    assert views[1]["context"]["page"]["referrer"] == site.url + "/app"


def test_calls_made_before_loading_are_kept(site: Site, page: Page) -> None:
    site.before = (
        "window.trellis = []; trellis.push(['identify', {email: 'ann@example.org'}]);"
        "trellis.push(['track', 'Cake Viewed', {sku: 'tart'}]);"
    )
    _, identify, track = site.expect(
        page,
        lambda: visit(page, site.url + "/"),
        expected=[("page", "/"), ("identify", "/"), ("track", "Cake Viewed")],
    )
    assert identify["traits"] == {"email": "ann@example.org"}
    assert track["properties"] == {"sku": "tart"}


def test_a_known_user_is_named_until_reset(site: Site, page: Page) -> None:
    visit(page, site.url + "/")
    page.evaluate("trellis.identify('u1', {plan: 'gold'})")
    page.evaluate("trellis.track('Cake Viewed')")
    page.evaluate("trellis.reset()")
    page.evaluate("trellis.track('Door Opened')")
    _, known, viewed, opened = distinct(site, 4)
    assert (known["userId"], viewed["userId"]) == ("u1", "u1")
    assert "userId" not in opened
    assert opened["anonymousId"] != viewed["anonymousId"]


def test_group_alias_and_named_pages(site: Site, page: Page) -> None:
    def act() -> None:
        visit(page, site.url + "/")
        page.evaluate("trellis.group('g1', {name: 'Bakers'})")
        page.evaluate("trellis.alias('u1')")
        page.evaluate("trellis.page('Prices', {currency: 'EUR'})")

    said = site.expect(
        page, act, expected=[("page", "/"), ("group", "/"), ("alias", "/"), ("page", "/")]
    )
    assert said[1]["groupId"] == "g1"
    assert (said[2]["userId"], said[2]["previousId"]) == ("u1", said[0]["anonymousId"])
    assert (said[3]["name"], said[3]["properties"]) == ("Prices", {"currency": "EUR"})


def test_a_marked_form_is_sent_without_its_secrets(site: Site, page: Page) -> None:
    site.body = """<form data-trellis-form="class" action="/thanks"><input name="email">
    <input name="secret" type="password"><input name="token" type="hidden" value="x">
    <input name="card" autocomplete="cc-number"><input type="checkbox" name="topic" value="bread">
    <label><input type="checkbox" data-trellis-consent="marketing"> Write to me</label>
    <button>Send</button></form><form id="other"><input name="q"><button>Find</button></form>"""
    visit(page, site.url + "/class")
    page.fill("[name=email]", "ann@example.org")
    page.fill("[name=secret]", "hidden")
    page.fill("[name=card]", "4111")
    page.check("[name=topic]")
    page.check("[data-trellis-consent]")
    page.click("text=Send")
    page.wait_for_url("**/thanks?*")
    page.wait_for_function(LOADED)
    sent = [m for m in distinct(site, 3) if m["type"] == "track"]
    assert [m["event"] for m in sent] == ["Form Submitted"]
    assert sent[0]["properties"] == {"form": "class", "fields": ["email", "topic"]}
    assert sent[0]["context"]["traits"] == {"email": "ann@example.org", "topic": "bread"}
    assert sent[0]["context"]["consent"] == [
        {"purpose": "marketing", "given": True, "wording": "Write to me"}
    ]


def test_an_unmarked_form_is_nobodys_business(site: Site, page: Page) -> None:
    site.body = "<form onsubmit='return false'><input name='q'><button>Find</button></form>"

    def act() -> None:
        visit(page, site.url + "/")
        page.fill("[name=q]", "tart")
        page.click("text=Find")

    site.expect(page, act, expected=[("page", "/")], refuted=["track"])


def test_without_consent_nothing_is_stored_or_sent(site: Site, page: Page) -> None:
    site.attributes = 'data-consent="required"'
    visit(page, site.url + "/")
    page.evaluate("trellis.track('Cake Viewed')")
    page.evaluate("trellis.flush()")
    visit(page, site.url + "/next")
    assert page.evaluate(STORED) == []
    assert page.context.cookies() == []
    assert site.messages == []
    page.evaluate("trellis.consent(true, 'We may count visits')")
    view, identify = site.wait_for(2)
    assert (view["type"], view["context"]["page"]["path"]) == ("page", "/next")
    assert identify["context"]["consent"] == [
        {"purpose": "tracking", "given": True, "wording": "We may count visits"}
    ]
    assert page.evaluate(STORED) == [
        *("trellis.consent", "trellis.id", "trellis.queue", "trellis.visit"),
    ]
    assert [cookie["name"] for cookie in page.context.cookies()] == ["trellis.id"]


def test_a_consent_holds_on_the_next_page(site: Site, page: Page) -> None:
    site.attributes = 'data-consent="required"'
    visit(page, site.url + "/")
    page.evaluate("trellis.consent(true)")
    visit(page, site.url + "/next")
    site.wait_until(("page", "/next"))
    site.expect(
        page, lambda: page.evaluate("trellis.track('Seen')"), expected=[("track", "Seen")]
    )


def test_a_refusal_forgets_and_holds(site: Site, page: Page) -> None:
    visit(page, site.url + "/")
    site.wait_for(1)
    page.evaluate("trellis.consent(false)")
    assert page.evaluate(STORED) == ["trellis.consent"]
    assert page.context.cookies() == []
    visit(page, site.url + "/next")
    page.evaluate("trellis.track('Seen')")
    page.evaluate("trellis.flush()")
    assert page.evaluate("trellis.anonymousId()") == ""
    last = distinct(site, 2)[-1]
    assert last["context"]["consent"] == [
        {"purpose": "tracking", "given": False, "wording": ""}
    ]
    assert set(site.said()) == {("page", "/"), ("identify", "/")}


@pytest.mark.parametrize("wish", ["globalPrivacyControl", "doNotTrack"])
def test_a_browser_that_refuses_is_left_alone(site: Site, browser: Browser, wish: str) -> None:
    value = "true" if wish == "globalPrivacyControl" else "'1'"
    with browser.new_context() as context:
        context.add_init_script(
            f"Object.defineProperty(navigator, '{wish}', {{get: () => {value}}})"
        )
        page = context.new_page()
        visit(page, site.url + "/")
        page.evaluate("trellis.identify('u1')")
        page.evaluate("trellis.consent(true)")
        page.evaluate("trellis.track('Seen')")
        page.evaluate("trellis.flush()")
        assert page.evaluate(STORED) == []
        assert context.cookies() == []
    assert site.messages == []


def test_events_wait_while_the_collector_is_down(site: Site, page: Page) -> None:
    site.status = 503
    visit(page, site.url + "/")
    page.evaluate("trellis.track('Cake Viewed')")
    page.wait_for_function("JSON.parse(localStorage['trellis.queue']).length === 2")
    page.goto("about:blank")
    assert site.messages == []
    site.status = 200
    visit(page, site.url + "/later")
    page.wait_for_function("JSON.parse(localStorage['trellis.queue']).length === 0")
    assert [m["context"]["page"]["path"] for m in distinct(site, 3)] == ["/", "/", "/later"]


def test_what_is_said_while_leaving_arrives(site: Site, page: Page) -> None:
    visit(page, site.url + "/")
    page.evaluate("trellis.track('Leaving'); location.href = '/bye'")
    page.wait_for_url("**/bye")
    messages = distinct(site, 2)
    assert [m["event"] for m in messages if m["type"] == "track"] == ["Leaving"]


def test_without_storage_the_page_and_the_tracker_go_on(site: Site, browser: Browser) -> None:
    with browser.new_context() as context:
        context.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
        )
        page = context.new_page()
        visit(page, site.url + "/one")
        visit(page, site.url + "/two")
        first, second = distinct(site, 2)
    assert first["anonymousId"] == second["anonymousId"]


def test_a_link_to_a_hosted_form_takes_the_visitor_along(site: Site, page: Page) -> None:
    site.body = f'<a href="{site.host}/f/class/">Apply</a>'
    visit(page, site.url + "/")
    device = page.evaluate("trellis.anonymousId()")
    page.click("text=Apply")
    page.wait_for_url("**/f/class/**")
    assert page.url == f"{site.host}/f/class/?aid={device}"


def test_automatic_page_views_can_be_switched_off(site: Site, page: Page) -> None:
    site.attributes = 'data-auto="off"'
    site.expect(page, lambda: visit(page, site.url + "/"), expected=[], refuted=["page"])
