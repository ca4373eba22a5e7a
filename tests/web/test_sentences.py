"""Events in words."""

from __future__ import annotations

from trellis.events import names
from trellis.web.staff.sentences import SYSTEM, sentence


def test_every_event_of_our_own_has_its_sentence() -> None:
    assert set(SYSTEM) == set(names.SYSTEM_EVENTS)


def test_every_event_of_websites_has_its_sentence() -> None:
    for name in names.WEB_EVENTS:
        said = sentence("track", name, {"title": "Prices", "name": "Tart"}).text
        assert name not in said
        assert "None" not in sentence("track", name, {}).text


def test_a_robot_is_called_one() -> None:
    said = sentence("page", "Page Viewed", {"title": "Prices", "bot": "crawler"})
    assert said.detail == "A crawler"
    assert "bot: " not in sentence("track", "Cake Viewed", {"bot": True}).detail


def test_a_page_view_names_the_title_and_the_path() -> None:
    said = sentence("page", "Page Viewed", {"title": "Prices", "path": "/prices"})
    assert said.text == "Looked at <b>Prices</b>"
    assert said.detail == "/prices"


def test_what_people_send_is_escaped() -> None:
    said = sentence("page", "Page Viewed", {"title": "<script>alert(1)</script>"})
    assert "<script>" not in said.text
    assert "&lt;script&gt;" in said.text


def test_an_unknown_event_stands_under_its_own_name_with_its_properties() -> None:
    said = sentence("track", "Cart Updated", {"items": 3, "$id": "x", "list": [1]})
    assert said.text == "<b>Cart Updated</b>"
    assert said.detail == "items: 3"


def test_a_stage_change_says_from_where_to_where_and_how() -> None:
    props = {"from": "lead", "to": "mql", "from_name": "Lead", "to_name": "MQL", "how": "hand"}
    said = sentence("system", names.STAGE_CHANGED, {**props, "reason": "Called"})
    assert said.text == "Moved from <b>Lead</b> to <b>MQL</b>"
    assert said.detail == "by hand · Called"


def test_an_identify_call_says_what_it_told() -> None:
    assert sentence("identify", "Identified", {"told": ["email"]}).detail == "Email"
    introduced = sentence("identify", "Identified", {"told": ["locale"], "locale": "ca"})
    assert introduced.text == "The browser introduced itself"
    agreed = sentence("identify", "Identified", {"told": [], "consent": {"tracking": True}})
    assert agreed.text == "Answered the question for consent"
