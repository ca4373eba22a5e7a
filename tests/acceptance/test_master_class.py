"""T4 as far as it is built: a person in Chromium on the demo site, and what follows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.farina import Answer, Farina, links

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LAIA = "laia@mail.example"


def visit(company: Farina, page: Page, path: str) -> None:
    """Open a page of the demo site and wait until its view has left the browser."""
    with page.expect_request("**/v1/**") as sent:
        page.goto(f"{company.address}/demo-site/{path}")
    answer = sent.value.response()
    assert answer is not None
    assert answer.status == 200


def eventually(company: Farina, holds: Callable[[], bool]) -> None:
    """Let things happen until ``holds``: what a browser sends arrives when it arrives."""
    for _ in range(60):
        company.settle()
        if holds():
            return
        threading.Event().wait(0.25)
    raise AssertionError("it did not happen within 15 seconds")


def known(company: Farina, email: str) -> bool:
    """Whether anybody has this address yet."""
    return any(person.email == email for person in company.people(email))


def ask_for_programme(company: Farina, page: Page) -> None:
    visit(company, page, "master-class")
    form = page.locator("[data-trellis-form=master-class]")
    form.get_by_label("First name").fill("Laia")
    form.get_by_label("Email").fill(LAIA)
    form.get_by_label("What would you like to bake?").select_option("chocolate")
    form.get_by_role("checkbox").check()
    with page.expect_request("**/v1/**"):
        form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_be_visible()


def runs(company: Farina, key: str, email: str) -> list[Answer]:
    """A person's runs through a journey."""
    rows = company.get(f"/contacts/{company.contact(email).contact_id}/journeys")
    names = {row.journey.id: row.journey.key for row in company.get("/journeys")}
    return [row for row in rows if names[row.journey_id] == key]


def test_t4_a_visitor_of_the_master_class_becomes_a_contact_in_a_mail_chain(farina, page):
    visit(farina, page, "master-class")
    eventually(farina, lambda: bool(farina.members("master-class-visitors")))
    [stranger] = farina.people(kind="all")
    assert not stranger.known
    assert stranger.contact_id in farina.members("master-class-visitors")

    ask_for_programme(farina, page)
    eventually(farina, lambda: known(farina, LAIA) and len(farina.mails(LAIA)) == 1)
    laia = farina.contact(LAIA)
    assert laia.contact_id == stranger.contact_id
    assert laia.attributes["topic"] == "chocolate"
    assert farina.stage(LAIA) == "lead"
    [mail] = farina.mails(LAIA)
    assert mail["Subject"] == "El teu programa, Laia"

    before = farina.score(LAIA)
    page.goto(next(link for link in links(mail) if "/l/" in link))
    assert page.url.startswith(f"{farina.address}/demo-site/master-class")
    eventually(farina, lambda: farina.score(LAIA) > before)
    assert "Message Clicked" in farina.events(LAIA)

    farina.later(days=2, hours=1)
    farina.later(days=4)
    assert len(farina.mails(LAIA)) == 3


def test_t4_who_comes_back_often_is_offered_help_once(farina, page):
    ask_for_programme(farina, page)
    for _ in range(3):
        farina.settle()
        farina.later(hours=2)
        visit(farina, page, "master-class")
    farina.settle()
    assert runs(farina, "master-class-help", LAIA)
    farina.later(hours=12)
    subjects = [str(mail["Subject"]) for mail in farina.mails(LAIA)]
    assert subjects.count("T'ajudem a decidir?") == 1


def test_t4_a_cart_left_behind_is_remembered_and_an_order_ends_it(farina, page):
    ask_for_programme(farina, page)
    visit(farina, page, "product/brioche")
    page.get_by_role("button", name="Add to cart").click()
    eventually(farina, lambda: known(farina, LAIA) and runs(farina, "abandoned-cart", LAIA))
    visit(farina, page, "cart")
    expect(page.get_by_role("cell", name="Butter brioche", exact=True)).to_be_visible()
    page.locator("[data-checkout]").get_by_label("Email").fill(LAIA)
    with page.expect_request("**/v1/**"):
        page.get_by_role("button", name="Order").click()
    expect(page.locator("[data-ordered]")).to_be_visible()
    page.goto("about:blank")
    eventually(farina, lambda: farina.stage(LAIA) == "customer")
    [run] = runs(farina, "abandoned-cart", LAIA)
    assert (run.state, run.outcome) == ("done", "goal")


def test_the_demo_site_sends_nothing_to_third_parties(farina, page):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for path in ("", "catalogue", "prices", "master-class", "cart"):
        page.goto(f"{farina.address}/demo-site/{path}")
        page.wait_for_load_state("networkidle")
    assert hosts == {farina.address.split("/")[2]}
