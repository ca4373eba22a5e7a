"""Coming by a link of a message: the token leaves the address, and waits for a person."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.tracker.site import Site
from tests.tracker.test_tracker import STORED, visit
from trellis.tracking.options import Options

pytestmark = pytest.mark.browser


def passed_on(site: Site) -> list[Any]:
    return [m["context"]["arrival"] for m in site.messages if "arrival" in m["context"]]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("?trellis=a-b_1", ""),
        ("?q=a%20b&trellis=a-b_1#top", "?q=a%20b#top"),
        ("?trellis=a-b_1&gclid=x", "?gclid=x"),
    ],
)
def test_it_leaves_the_address_before_anything_is_told(
    site: Site, page: Page, given: str, left: str
) -> None:
    visit(page, f"{site.url}/a{given}")
    site.wait_until(("page", "/a"))
    assert page.url == f"{site.url}/a{left}"
    assert "a-b_1" not in str(site.messages)


def test_it_is_passed_on_once_when_a_person_shows(site: Site, page: Page) -> None:
    visit(page, f"{site.url}/a?trellis=a-b_1")
    site.wait_until(("page", "/a"))
    page.evaluate("dispatchEvent(new PointerEvent('pointermove'))")
    page.mouse.move(5, 5)
    page.mouse.move(9, 9)
    page.evaluate("trellis.track('Last')")
    site.wait_until(("track", "Last"))
    assert passed_on(site) == ["a-b_1"]


def test_before_consent_it_waits_and_after_a_yes_it_goes(site: Site, page: Page) -> None:
    site.options = Options(consent="opt_in", off=("time",))
    visit(page, f"{site.url}/a?trellis=a-b_1")
    page.mouse.move(5, 5)
    page.keyboard.press("Tab")
    assert page.url == f"{site.url}/a"
    assert page.evaluate(STORED) == []
    assert page.context.cookies() == []
    assert site.messages == []
    page.evaluate("trellis.consent(true)")
    site.wait_until(("identify", "/a"))
    assert passed_on(site) == ["a-b_1"]


def test_after_a_no_it_goes_nowhere(site: Site, page: Page) -> None:
    site.options = Options(consent="opt_in", off=("time",))
    visit(page, f"{site.url}/a?trellis=a-b_1")
    page.evaluate("trellis.consent(false)")
    page.mouse.move(5, 5)
    page.evaluate("trellis.flush()")
    assert page.url == f"{site.url}/a"
    assert passed_on(site) == []
