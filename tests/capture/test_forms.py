"""Forms: what a definition may say, when it may be published, and what a visitor sends."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from trellis.accounts.models import Role, User
from trellis.accounts.registry import ROLE_RIGHTS
from trellis.accounts.types import SYSTEM, Actor
from trellis.capture.forms import actions, demands, queries
from trellis.capture.models import Form
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.events import types
from trellis.events.models import Inbox
from trellis.events.types import Fact
from trellis.people import definitions

FIELDS: list[dict[str, Any]] = [
    {"key": "first_name", "label": "Name"},
    {"key": "email", "label": "Email", "type": "email", "required": True},
    {"key": "phone", "label": "Phone", "type": "phone"},
    {"key": "level", "label": "Level", "type": "select", "options": ["beginner", "baker"]},
]
VIEWER = Actor(kind="user", id=9, name="Vera", rights=ROLE_RIGHTS[Role.VIEWER])


def make_form(**values: Any) -> Form:
    given = {"fields": FIELDS, "consent_text": "You may write to me about classes.", **values}
    form = actions.create(SYSTEM, "Master class", values=given)
    return actions.publish(SYSTEM, form.pk)


def facts() -> list[Fact]:
    return [
        fact for row in Inbox.objects.order_by("id") for fact in types.decoder.decode(row.facts)
    ]


def ticket_on(client: Client, key: str = "master-class") -> str:
    page = client.get(f"/f/{key}/").content.decode()
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found
    return found.group(1)


def send(client: Client, wait: float = 5, **typed: str) -> Any:
    ticket = ticket_on(client)
    with time_machine.travel(clock.wall() + timedelta(seconds=wait), tick=False):
        return client.post("/f/master-class/", {"ticket": ticket, **typed})


@pytest.mark.django_db
def test_a_form_without_consent_text_is_not_published() -> None:
    form = actions.create(SYSTEM, "Bare", values={"fields": FIELDS})
    with pytest.raises(InvalidInput, match="what people agree to"):
        actions.publish(SYSTEM, form.pk)
    assert queries.published("bare") is None


@pytest.mark.django_db
def test_a_form_that_asks_nobody_for_an_address_is_not_published() -> None:
    form = actions.create(
        SYSTEM,
        "Nameless",
        values={"fields": [{"key": "city", "label": "City"}], "consent_text": "Yes."},
    )
    with pytest.raises(InvalidInput, match="email address or a phone"):
        actions.publish(SYSTEM, form.pk)


@pytest.mark.django_db
def test_a_published_form_cannot_lose_its_consent_text() -> None:
    form = make_form()
    with pytest.raises(InvalidInput, match="what people agree to"):
        actions.update(SYSTEM, form.pk, {"consent_text": " "})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ([], "at least one field"),
        ([{"key": "Email!", "label": "Email"}], "is not a key"),
        ([{"key": "a", "label": "A"}, {"key": "a", "label": "B"}], "stands twice"),
        ([{"key": "a", "label": "A", "type": "select", "options": ["x"]}], "two options"),
        ([{"key": "a", "label": "A", "type": "colour"}], "Fields: Invalid enum value"),
        ([{"key": "a", "label": ""}], "needs a label"),
    ],
)
def test_a_bad_definition_is_refused_with_the_field_at_fault(
    fields: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        actions.create(SYSTEM, "Bad", values={"fields": fields})


@pytest.mark.django_db
def test_a_key_is_taken_once() -> None:
    make_form()
    with pytest.raises(Conflict):
        actions.create(SYSTEM, "Master class")


@pytest.mark.django_db
def test_whoever_only_reads_makes_no_form() -> None:
    with pytest.raises(Forbidden):
        actions.create(VIEWER, "Mine")


@pytest.mark.django_db
def test_sending_states_who_what_where_and_the_words_agreed_to(client: Client) -> None:
    make_form()
    answer = send(
        client,
        first_name="Zoë 王",
        email=" Zoe@Example.ORG ",
        phone="+34 600 111 222",
        level="baker",
        _consent="yes",
        anonymous_id="device-1",
        page_url="https://school.example/class?utm_source=mail&utm_campaign=may",
        page_referrer="https://search.example/",
    )
    assert answer.status_code == 200
    (fact,) = facts()
    assert fact.name == "Form Submitted"
    assert fact.ids == (
        ("email", "zoe@example.org"),
        ("phone", "+34600111222"),
        ("anonymous_id", "device-1"),
    )
    assert fact.traits["first_name"] == "Zoë 王"
    assert fact.traits["level"] == "baker"
    assert fact.props["form"] == "master-class"
    assert fact.props["utm_campaign"] == "may"
    assert fact.props["referrer"] == "https://search.example/"
    given = {item["purpose"]: item for item in fact.consent}
    assert given["marketing"]["wording"] == "You may write to me about classes."
    assert given["sales_contact"]["source"] == "form:master-class"
    assert queries.submissions(["master-class"]) == {"master-class": 1}


@pytest.mark.django_db
def test_a_double_click_is_one_submission(client: Client) -> None:
    make_form()
    ticket = ticket_on(client)
    with time_machine.travel(clock.wall() + timedelta(seconds=5), tick=False):
        for _ in range(2):
            client.post(
                "/f/master-class/",
                {"ticket": ticket, "email": "a@example.org", "_consent": "yes"},
            )
    assert len({fact.message_id for fact in facts()}) == 1


@pytest.mark.django_db
def test_faults_are_shown_at_their_fields_and_what_was_typed_stays(client: Client) -> None:
    make_form()
    answer = send(client, first_name="Ann", email="not an address", phone="12", level="king")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Ann"' in page
    assert "not an email address" in page
    assert "not a phone number" in page
    assert "choose one of the answers" in page
    assert "tick the box" in page
    assert facts() == []


@pytest.mark.django_db
def test_without_the_box_an_optional_consent_is_not_given(client: Client) -> None:
    make_form(consent_required=False)
    assert send(client, email="a@example.org").status_code == 200
    assert facts()[0].consent == ()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wait", "extra"), [(5, {"website": "http://spam.example"}), (0.2, {})]
)
def test_a_program_is_thanked_and_counted_but_not_believed(
    client: Client, wait: float, extra: dict[str, str]
) -> None:
    make_form()
    answer = send(client, wait, email="bot@example.org", _consent="yes", **extra)
    assert answer.status_code == 200
    assert facts() == []


@pytest.mark.django_db
@pytest.mark.parametrize("ticket", ["", "x", "A" * 80])
def test_a_ticket_that_was_not_made_here_is_asked_for_again(
    client: Client, ticket: str
) -> None:
    make_form()
    answer = client.post("/f/master-class/", {"ticket": ticket, "email": "a@example.org"})
    assert answer.status_code == 422
    assert "once more" in answer.content.decode()
    assert "a@example.org" in answer.content.decode()


@pytest.mark.django_db
def test_the_form_speaks_its_own_language(client: Client) -> None:
    make_form(locale="es", consent_text="Podéis escribirme.")
    page = client.get("/f/master-class/", headers={"Accept-Language": "ru"}).content.decode()
    assert '<html lang="es">' in page


@pytest.mark.django_db
def test_looking_changes_nothing_and_a_closed_form_is_not_there(client: Client) -> None:
    form = make_form()
    client.get("/f/master-class/?email=a@example.org")
    assert facts() == []
    actions.unpublish(SYSTEM, form.pk)
    assert client.get("/f/master-class/").status_code == 404
    assert client.post("/f/master-class/", {"email": "a@example.org"}).status_code == 404


@pytest.mark.django_db
def test_the_page_may_stand_in_a_frame_and_loads_nothing_from_elsewhere(client: Client) -> None:
    make_form()
    answer = client.get("/f/master-class/")
    assert "X-Frame-Options" not in answer
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_marketer_makes_edits_and_publishes_a_form_in_the_pages(client: Client) -> None:
    user = User.objects.create_user("m@example.org", "a long secret 1", role=Role.MARKETER)
    client.force_login(user)
    made = client.post("/forms/", {"name": "Tasting"})
    edit = made["Location"]
    refused = client.post(f"{edit}state/", {"act": "publish"})
    assert refused.status_code == 422
    saved = client.post(
        edit,
        {
            "name": "Tasting",
            "locale": "en",
            "consent_text": "Write to me.",
            "consent_required": "on",
            "field_label": ["Email", "Which day?", ""],
            "field_key": ["email", "", ""],
            "field_type": ["email", "radio", "text"],
            "field_required": ["yes", "", ""],
            "field_options": ["", "Friday\nSaturday", ""],
            "field_hint": ["", "", ""],
            "field_value": ["", "", ""],
        },
    )
    assert saved.status_code == 302
    assert client.post(f"{edit}state/", {"act": "publish"}).status_code == 302
    page = client.get("/f/tasting/").content.decode()
    assert "Which day?" in page
    assert "Saturday" in page


@pytest.mark.django_db
def test_a_form_asks_what_the_attributes_it_fills_demand() -> None:
    definitions.create(
        SYSTEM, "staff", "number", {"minimum": 1, "maximum": 500, "required": True}
    )
    fields = [*FIELDS, {"key": "staff", "label": "Staff", "type": "number"}]
    form = make_form(fields=fields)
    asked, known = demands.asked(form)
    assert {field.key for field in asked if field.required} == {"email", "staff"}
    assert demands.faults(asked, {"staff": 600}, known) == {"staff": "At most 500."}
    assert demands.faults(asked, {"staff": 60, "first_name": "Ann"}, known) == {}
