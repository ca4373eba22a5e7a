"""The events the tracker tells by itself (requirement T1), and what it leaves out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.tracker.site import Site
from tests.tracker.test_tracker import visit
from trellis.tracking.options import Options

pytestmark = pytest.mark.browser

TALL = "<h1>Long</h1><div style='height:4000px'></div><p data-trellis-end>The end</p>"


@pytest.fixture(autouse=True)
def everything(site: Site) -> None:
    """Everything is switched on."""
    site.options = Options(clicks=((".price-list", "Price list"), ("p::broken(", "")))


def open_frozen(site: Site, page: Page, path: str = "/") -> None:
    """Open a page in which time passes only as the test says."""
    page.clock.install()
    visit(page, site.url + path)


def wait(page: Page, seconds: float) -> None:
    """Let time pass in the page."""
    page.clock.run_for(int(seconds * 1000))


def told(site: Site, page: Page, *acts: Callable[[], object]) -> list[dict[str, Any]]:
    """The track messages that these acts cause, each once."""
    begin = len(site.messages)
    for act in acts:
        act()
    page.evaluate("trellis.track('End of Test'); trellis.flush()")
    site.wait_until(("track", "End of Test"))
    new = {m["messageId"]: m for m in site.messages[begin:] if m["type"] == "track"}
    return [m for m in new.values() if m["event"] != "End of Test"]


def said(messages: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """(event, properties) of each."""
    return [(m["event"], m["properties"]) for m in messages]


def scroll(page: Page, to: str) -> Callable[[], object]:
    """Scroll to a place, and let the page notice."""

    def act() -> None:
        page.evaluate(f"scrollTo(0, {to}); dispatchEvent(new Event('scroll'))")

    return act


def test_a_page_is_read_when_its_end_was_seen_for_long_enough(site: Site, page: Page) -> None:
    site.body = TALL
    open_frozen(site, page, "/landing")
    assert told(site, page, lambda: wait(page, 30)) == []
    bottom = scroll(page, "document.body.scrollHeight")
    found = told(site, page, bottom, lambda: wait(page, 2), lambda: wait(page, 60))
    assert [(event, sorted(props)) for event, props in said(found)] == [
        ("Page Read", ["seconds"])
    ]
    assert found[0]["context"]["page"]["path"] == "/landing"


def test_a_page_only_rushed_through_is_not_read(site: Site, page: Page) -> None:
    site.body = TALL
    open_frozen(site, page)
    bottom = scroll(page, "document.body.scrollHeight")
    assert told(site, page, bottom, lambda: wait(page, 5)) == []


def test_time_on_a_page_is_told_when_it_ends(site: Site, page: Page) -> None:
    site.body = TALL
    open_frozen(site, page, "/app")

    def go_on() -> None:
        wait(page, 12)
        page.evaluate("history.pushState({}, '', '/app/two')")
        wait(page, 1)

    ((event, props),) = said(told(site, page, go_on))
    assert event == "Page Left"
    assert props["seconds"] == pytest.approx(12, abs=1)
    assert 0 < props["scroll"] < 100
    left = next(m for m in site.messages if m.get("event") == "Page Left")
    assert left["context"]["page"]["path"] == "/app"


def test_clicks_on_chosen_elements_only(site: Site, page: Page) -> None:
    site.body = """<button data-trellis-click="Call me">Ring <b>now</b></button>
    <span class="price-list">All prices</span><button id="other">Other</button>"""
    visit(page, site.url + "/")
    found = told(
        site,
        page,
        lambda: page.click("b"),
        lambda: page.click(".price-list"),
        lambda: page.click("#other"),
    )
    assert said(found) == [
        ("Element Clicked", {"element": "Call me", "text": "Ring now"}),
        ("Element Clicked", {"element": "Price list", "text": "All prices"}),
    ]


def test_links_that_lead_away_and_downloads(site: Site, page: Page) -> None:
    site.body = """<script>addEventListener('click', (event) => event.preventDefault())</script>
    <a id="out" href="https://other.example/a?token=x">Partner</a>
    <a id="mail" href="mailto:hello@shop.example">Write</a>
    <a id="file" href="/files/Programme.PDF?v=2">Programme</a><a id="in" href="/next">Next</a>"""
    visit(page, site.url + "/")
    links = ("#out", "#mail", "#file", "#in")
    found = told(site, page, *(lambda css=css: page.click(css) for css in links))
    assert said(found) == [
        (
            "Link Followed",
            {
                "kind": "web",
                "host": "other.example",
                "url": "https://other.example/a",
                "text": "Partner",
            },
        ),
        ("Link Followed", {"kind": "mailto", "text": "Write"}),
        (
            "File Downloaded",
            {
                "file": "Programme.PDF",
                "url": site.url + "/files/Programme.PDF?v=2",
                "text": "Programme",
            },
        ),
    ]


def test_products_by_their_marks(site: Site, page: Page) -> None:
    site.body = """<section data-trellis-product='{"product_id": "tart", "price": 4.5}'
    data-trellis-on="view"><button data-trellis-on="add">Add</button>
    <button data-trellis-on="wish">Wish</button><button data-trellis-on="unwish">No</button>
    </section><p data-trellis-product='broken' data-trellis-on="add">Broken</p>"""
    tart = {"product_id": "tart", "price": 4.5}
    visit(page, site.url + "/")
    site.wait_until(("track", "Product Viewed"))
    names = ("add", "wish", "unwish")
    clicks = [lambda css=f"[data-trellis-on={n}]": page.click(css) for n in names]
    found = told(site, page, *clicks, lambda: page.click("p"))
    assert [pair for pair in said(found) if pair[0] != "Product Viewed"] == [
        ("Product Added", tart),
        ("Product Added to Wishlist", tart),
        ("Product Removed from Wishlist", tart),
    ]


FORM = """<form data-trellis-watch="order" onsubmit="return false"><input name="email">
<input name="card" autocomplete="cc-number"><input name="pin" type="password">
<input name="note"><button>Send</button></form>"""


def test_a_form_begun_and_left_tells_its_fields_but_no_value(site: Site, page: Page) -> None:
    site.body = FORM
    visit(page, site.url + "/order")
    for name in ("email", "card", "pin", "note"):
        page.fill(f"[name={name}]", "4111 1111 secret@x.org")
    page.goto(site.url + "/else")
    site.wait_until(("track", "Form Abandoned"))
    events = {m["event"]: m["properties"] for m in site.messages if m["type"] == "track"}
    assert events["Form Started"] == {"form": "order"}
    assert events["Form Abandoned"]["fields"] == ["email", "note"]
    assert events["Form Abandoned"]["last"] == "note"
    assert "4111" not in str(site.messages)
    assert "secret@x.org" not in str(site.messages)


def test_a_watched_form_that_is_sent_is_not_abandoned(site: Site, page: Page) -> None:
    site.body = FORM
    visit(page, site.url + "/order")
    page.fill("[name=email]", "ann@x.org")
    page.click("text=Send")
    page.goto(site.url + "/else")
    page.wait_for_function("Boolean(window.trellis && trellis.track)")
    told(site, page)
    names = {m["event"] for m in site.messages if m["type"] == "track"}
    assert {"Form Started", "Form Submitted"} <= names
    assert "Form Abandoned" not in names
    assert "ann@x.org" not in str(site.messages)


def test_who_moves_the_mouse_out_at_the_top_is_about_to_go(site: Site, page: Page) -> None:
    open_frozen(site, page)
    leave = "document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1, bubbles: true}))"
    out = lambda: page.evaluate(leave)  # noqa: E731  # an act of its own
    assert told(site, page, out) == [], "nobody flees a page in its first seconds"
    site.messages.clear()
    found = told(site, page, lambda: wait(page, 7), out, out)
    assert [(event, props["how"]) for event, props in said(found)] == [("Exit Intent", "mouse")]


def test_who_hurries_up_on_a_phone_is_about_to_go(site: Site, browser: Browser) -> None:
    site.body = TALL
    with browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        open_frozen(site, page)

        def hurry() -> None:
            for place in ("3000", "2900", "900"):
                scroll(page, place)()
                wait(page, 0.05)

        found = told(site, page, lambda: wait(page, 6), scroll(page, "3100"), hurry)
    assert [(event, props["how"]) for event, props in said(found)] == [
        ("Exit Intent", "scroll")
    ]


def test_a_second_visit_and_a_page_seen_again(site: Site, page: Page) -> None:
    open_frozen(site, page, "/class")
    wait(page, 60)
    page.evaluate("trellis.flush()")
    page.clock.fast_forward(2 * 86_400_000)
    visit(page, site.url + "/class")
    wait(page, 1)
    found = [m for m in told(site, page) if m["event"] != "Page Left"]
    seen = {m["event"]: m["properties"] for m in [*site.messages, *found] if "event" in m}
    assert seen["Visitor Returned"] == {"visit": 2, "days": 2}
    assert seen["Page Revisited"] == {"times": 2}
    sessions = {m["context"]["sessionId"] for m in site.messages}
    assert len(sessions) == 2


def test_another_campaign_is_another_session_and_midnight_is_not(
    site: Site, page: Page
) -> None:
    page.clock.install(time="2026-05-04T23:55:00")
    visit(page, site.url + "/a?utm_source=mail")
    wait(page, 600)
    visit(page, site.url + "/b")
    visit(page, site.url + "/c?gclid=x1")
    told(site, page)
    for path in ("/a", "/b", "/c"):
        site.wait_until(("page", path))
    views = {m["context"]["page"]["path"]: m for m in site.messages if m["type"] == "page"}
    ids = [views[path]["context"]["sessionId"] for path in ("/a", "/b", "/c")]
    assert ids[0] == ids[1] != ids[2]
    assert [views[path]["context"]["visit"] for path in ("/a", "/b", "/c")] == [1, 1, 2]


def test_what_is_switched_off_is_not_told(site: Site, page: Page) -> None:
    site.options = Options(off=("pages", "clicks", "links", "downloads", "products", "forms"))
    site.body = (
        FORM
        + """<a href="mailto:x@y.org" data-trellis-click="Mail">Mail</a>
    <b data-trellis-product='{"product_id": "x"}' data-trellis-on="add">Add</b>"""
    )
    visit(page, site.url + "/")
    found = told(
        site,
        page,
        lambda: page.click("a"),
        lambda: page.click("b"),
        lambda: page.fill("[name=email]", "x"),
    )
    assert found == []
    assert [m["type"] for m in site.messages if m["type"] == "page"] == []
