"""The rule builder as a person uses it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.farina import Farina
from tests.browser.conftest import Open
from trellis.segments.models import Segment

pytestmark = pytest.mark.browser

SCORE = {"field": "score", "op": "gte", "value": 35}


def rule_of(page: Page) -> object:
    """The rule that the form would send."""
    return json.loads(page.locator("[name=rule]").input_value())


def add(page: Page, words: str, place: str = ".ru-tree > .ru-group > .ru-foot") -> None:
    """A condition, chosen by words of its field, from the keyboard."""
    page.locator(place).get_by_role("button", name="Condition").press("Enter")
    page.get_by_role("combobox", name="What should be looked at?").fill(words)
    page.keyboard.press("Enter")


def people(farina: Farina) -> None:
    farina.identify("u-1", email="nuria@example.org", first_name="Núria", city="Girona")
    farina.identify("u-2", email="bob@example.org", first_name="Bob", city="Berlin")
    farina.settle()


def test_a_segment_is_built_from_the_keyboard_alone(farina: Farina, open_page: Open) -> None:
    people(farina)
    page = open_page("/segments/new/")
    page.fill("#s-name", "In Girona")
    add(page, "city")
    expect(page.get_by_role("combobox", name="city is: Value")).to_be_focused()
    page.keyboard.type("gir")
    expect(page.get_by_role("listbox", name="city is: Value")).to_contain_text("Girona")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".ru-live .sentence")).to_contain_text("city is “Girona”")
    expect(page.locator(".ru-count .big")).to_have_text("1")
    expect(page.locator(".ru-people")).to_contain_text("Núria")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("In Girona")
    rule = Segment.objects.get(key="in-girona").rule
    assert rule == {"all": [{"field": "contact.city", "op": "eq", "value": "Girona"}]}


def test_conditions_nest_move_and_come_back_with_undo(open_page: Open) -> None:
    page = open_page("/segments/new/", width=390)
    add(page, "known")
    page.locator(".ru-tree > .ru-group > .ru-foot [data-add=group]").press("Enter")
    add(page, "email", ".ru-group .ru-group .ru-foot")
    page.get_by_label("Comparison").last.select_option("not_empty")
    known = {"field": "contact.known", "op": "eq", "value": True}
    email = {"field": "contact.email", "op": "not_empty"}
    expect(page.locator(".ru-group .ru-group")).to_have_attribute("data-mode", "any")
    assert rule_of(page) == {"all": [known, {"any": [email]}]}
    page.get_by_role("button", name="Remove: email has a value").press("Alt+ArrowUp")
    assert rule_of(page) == {"all": [known, email, {"any": []}]}
    page.get_by_role("button", name="Undo").click()
    assert rule_of(page) == {"all": [known, {"any": [email]}]}
    page.get_by_role("button", name="Redo").click()
    assert rule_of(page) == {"all": [known, email, {"any": []}]}


def test_a_pasted_rule_is_shown_and_a_broken_one_is_mended(
    farina: Farina, open_page: Open
) -> None:
    page = open_page("/segments/new/")
    page.get_by_role("button", name="JSON", exact=True).click()
    code = page.get_by_role("textbox", name="The rule as JSON")
    code.fill('{"any": [\n  {"field" "score"}\n]}')
    expect(page.locator(".ru-code .faults")).to_contain_text("2: This is not valid JSON")
    code.fill(json.dumps({"any": [SCORE, {"field": "attr.gone", "op": "eq", "value": "x"}]}))
    page.get_by_role("button", name="Sentence").click()
    broken = page.locator(".ru-leaf.bad")
    expect(broken).to_contain_text("“attr.gone” is no longer there")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{farina.address}/segments/new/")
    broken.get_by_role("button", name="attr.gone").first.click()
    page.keyboard.type("city")
    page.keyboard.press("Enter")
    expect(page.locator(".ru-leaf.bad")).to_have_count(0)
    city = {"field": "contact.city", "op": "eq", "value": "x"}
    assert rule_of(page) == {"any": [SCORE, city]}


def test_one_person_is_looked_at_condition_by_condition(
    farina: Farina, open_page: Open
) -> None:
    people(farina)
    page = open_page("/segments/new/")
    page.get_by_role("button", name="JSON", exact=True).click()
    city = {"field": "contact.city", "op": "eq", "value": "Girona"}
    page.get_by_role("textbox", name="The rule as JSON").fill(
        json.dumps({"all": [city, SCORE]})
    )
    page.get_by_role("button", name="Sentence").click()
    page.get_by_role("combobox", name="Find by name or email").fill("núria")
    page.locator(".ru-person [role=option]").click()
    expect(page.locator("[data-verdict]")).to_have_text("does not fit")
    expect(page.locator(".ru-leaf.yes")).to_contain_text("city is “Girona”")
    expect(page.locator(".ru-leaf.no .ru-remedy")).to_contain_text("too few")
    page.get_by_label("score is at least: Value").fill("0")
    expect(page.locator("[data-verdict]")).to_have_text("fits")
