"""T1 and T3: what a visitor does is recorded, and reading to the end is answered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.acceptance.farina import Farina
from tests.acceptance.test_master_class import (
    LAIA,
    ask_for_programme,
    eventually,
    known,
    runs,
    visit,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECORDED = {
    *("Page Viewed", "Page Read", "Page Left", "Element Clicked", "File Downloaded"),
    *("Product Viewed", "Product Added", "Product Added to Wishlist"),
    *("Form Started", "Form Submitted", "Form Abandoned", "Exit Intent"),
}
MINI_COURSE = """
key: mini-course
name: Mini-course for readers
entry:
  - event:
      name: Page Read
      filter: {all: [{field: prop.path, op: eq, value: /demo-site/master-class}]}
steps:
  - {id: offer, send: {template: master-class-2}}
"""
OUT = "document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1, bubbles: true}))"


def read_to_the_end(page: Page) -> None:
    """Scroll to the end and stay a while."""
    page.evaluate("document.querySelector('[data-trellis-end]').scrollIntoView()")
    page.clock.run_for(8_000)


def test_t1_what_a_visitor_does_is_recorded(farina: Farina, page: Page) -> None:
    page.clock.install()
    ask_for_programme(farina, page)
    read_to_the_end(page)
    with page.expect_download():
        page.get_by_role("link", name="The programme as a PDF").click()
    page.get_by_role("link", name="Send me the programme").click()
    page.evaluate(OUT)
    page.clock.run_for(1_000)
    visit(farina, page, "product/brioche")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Put on the wish list").click()
    page.locator("#letter-email").fill("half@writ")
    page.clock.run_for(5_000)
    page.goto(f"{farina.address}/demo-site/wishes")
    page.clock.run_for(2_000)
    page.goto("about:blank")
    eventually(farina, lambda: known(farina, LAIA) and set(farina.events(LAIA)) >= RECORDED)
    happened = farina.happened(LAIA)
    assert "half@writ" not in str([dict(row) for row in happened])
    left = next(row for row in happened if row.name == "Form Abandoned")
    assert (left.props["form"], left.props["fields"]) == ("newsletter", ["email"])


def test_t3_who_reads_the_landing_page_to_its_end_is_offered_the_mini_course(
    farina: Farina, page: Page
) -> None:
    journey = farina.post("/journeys", yaml=MINI_COURSE)
    farina.post(f"/journeys/{journey.id}/publish")
    page.clock.install()
    ask_for_programme(farina, page)
    read_to_the_end(page)
    eventually(farina, lambda: known(farina, LAIA) and "Page Read" in farina.events(LAIA))
    assert runs(farina, "mini-course", LAIA)
    farina.later(hours=14)
    assert len(farina.mails(LAIA)) == 2
