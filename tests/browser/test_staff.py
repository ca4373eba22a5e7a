"""What a person does in the staff pages, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.acceptance.farina import Farina
from tests.browser.conftest import Open
from trellis.journeys.models import Journey

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_refused_in_words(farina: Farina, open_page: Open) -> None:
    page = open_page("/")
    page.context.clear_cookies()
    page.goto(f"{farina.address}/")
    page.fill("#id_login", "ada@example.org")
    page.fill("#id_password", "wrong")
    page.click("button.btn-primary")
    expect(page.get_by_role("alert")).to_be_visible()


def test_slash_finds_a_contact_and_the_profile_opens(farina: Farina, open_page: Open) -> None:
    farina.identify("u-1", email="nuria@example.org", first_name="Núria", last_name="Roca")
    farina.identify("u-2", email="bob@example.org", first_name="Bob", last_name="Reed")
    farina.settle()
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("núria")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Núria Roca").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Núria Roca")
    expect(page.get_by_role("heading", name="Why 0")).to_be_visible()


def test_what_somebody_does_appears_on_the_open_profile(
    farina: Farina, open_page: Open
) -> None:
    farina.identify("u-1", email="nuria@example.org", first_name="Núria")
    farina.settle()
    page = open_page("/contacts/")
    page.get_by_role("link", name="Núria").click()
    expect(page.locator(".timeline-t")).to_be_visible()
    farina.track("u-1", "Oven Preheated")
    farina.settle()
    expect(page.locator(".timeline-t .fresh").first).to_contain_text("Oven Preheated")


def test_a_fault_in_a_definition_is_shown_at_its_line(open_page: Open) -> None:
    journey = Journey.objects.order_by("pk")[0]
    page = open_page(f"/journeys/{journey.pk}/edit/")
    expect(page.get_by_text("Nothing: it can be published.")).to_be_visible()
    lines = journey.draft.rstrip("\n").split("\n")
    page.locator("#source").fill(
        "\n".join([*lines, "  - {id: odd, send: {template: nowhere}}"])
    )
    row = len(lines) + 1
    expect(page.locator("#faults")).to_contain_text(f"{row}: ")
    expect(page.locator(".gutter .bad")).to_have_text(f"{row}\n")
    page.locator("#faults button").first.click()
    expect(page.locator("#source")).to_be_focused()


def test_the_picture_opens_the_people_of_a_step(open_page: Open) -> None:
    journey = Journey.objects.order_by("pk")[0]
    page = open_page(f"/journeys/{journey.pk}/")
    page.locator(".picture a").nth(1).click()
    expect(page.get_by_role("heading", name="Who is at")).to_be_visible()


def test_a_dangerous_act_asks_once(open_page: Open) -> None:
    journey = Journey.objects.filter(state="live").order_by("pk")[0]
    page = open_page(f"/journeys/{journey.pk}/")
    page.get_by_role("button", name="Stop").click()
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    journey.refresh_from_db()
    assert journey.state == "live"
    page.get_by_role("button", name="Stop").click()
    page.locator("#confirm").get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#toasts")).to_contain_text("Stopped")
    journey.refresh_from_db()
    assert journey.state == "stopped"


def test_light_and_dark_are_switched_and_kept(open_page: Open) -> None:
    page = open_page("/")
    page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_menu_opens_on_a_phone(open_page: Open) -> None:
    page = open_page("/", width=390)
    expect(page.get_by_role("link", name="Segments")).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    page.get_by_role("link", name="Segments").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Segments")


def test_the_keyboard_alone_reaches_the_content_and_the_help(open_page: Open) -> None:
    page = open_page("/contacts/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
