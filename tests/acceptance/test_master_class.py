"""T4 as far as it is built: a person in Chromium on the demo site, and what follows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.farina import Farina, links
from tests.acceptance.test_lifecycle import members, stage_of
from trellis.journeys.models import Enrolment, Journey
from trellis.people.models import Contact

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


def known(email: str) -> bool:
    """Whether anybody has this address yet."""
    return Contact.objects.filter(email=email, merged_into=None).exists()


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


def in_journey(company: Farina, key: str, email: str) -> bool:
    journey = Journey.objects.get(key=key)
    return Enrolment.objects.filter(
        contact_id=company.contact(email).contact_id, journey_id=journey.pk
    ).exists()


def test_t4_a_visitor_of_the_master_class_becomes_a_contact_in_a_mail_chain(farina, page):
    visit(farina, page, "master-class")
    eventually(farina, lambda: bool(members("master-class-visitors")))
    [stranger] = Contact.objects.filter(merged_into=None)
    assert not stranger.known
    assert stranger.contact_id in members("master-class-visitors")

    ask_for_programme(farina, page)
    eventually(farina, lambda: known(LAIA) and len(farina.mails(LAIA)) == 1)
    laia = farina.contact(LAIA)
    assert laia.contact_id == stranger.contact_id
    assert laia.attributes["topic"] == "chocolate"
    assert stage_of(farina, LAIA) == "lead"
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
    assert in_journey(farina, "master-class-help", LAIA)
    farina.later(hours=12)
    subjects = [str(mail["Subject"]) for mail in farina.mails(LAIA)]
    assert subjects.count("T'ajudem a decidir?") == 1


def test_t4_a_cart_left_behind_is_remembered_and_an_order_ends_it(farina, page):
    ask_for_programme(farina, page)
    visit(farina, page, "product/brioche")
    page.get_by_role("button", name="Add to cart").click()
    eventually(farina, lambda: known(LAIA) and in_journey(farina, "abandoned-cart", LAIA))
    visit(farina, page, "cart")
    expect(page.get_by_role("cell", name="Butter brioche", exact=True)).to_be_visible()
    page.locator("[data-checkout]").get_by_label("Email").fill(LAIA)
    with page.expect_request("**/v1/**"):
        page.get_by_role("button", name="Order").click()
    expect(page.locator("[data-ordered]")).to_be_visible()
    page.goto("about:blank")
    eventually(farina, lambda: stage_of(farina, LAIA) == "customer")
    run = Enrolment.objects.get(
        contact_id=farina.contact(LAIA).contact_id,
        journey_id=Journey.objects.get(key="abandoned-cart").pk,
    )
    assert (run.state, run.outcome) == ("done", "goal")


def test_the_demo_site_sends_nothing_to_third_parties(farina, page):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for path in ("", "catalogue", "prices", "master-class", "cart"):
        page.goto(f"{farina.address}/demo-site/{path}")
        page.wait_for_load_state("networkidle")
    assert hosts == {farina.address.split("/")[2]}
