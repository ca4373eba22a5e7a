"""Those who may not see private data get it veiled, on every page and in every answer."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests.web import cast
from trellis.accounts import keys
from trellis.accounts.models import KeyKind, Role
from trellis.accounts.registry import ROLE_RIGHTS
from trellis.accounts.types import RIGHTS, SYSTEM, Actor
from trellis.people import actions, duplicates, masking
from trellis.pipeline.drain import drain

pytestmark = pytest.mark.django_db
EMAIL, PHONE, NAME = "laura.vidal@gmail.com", "+34600111222", "Vidalkova"
TRACES = re.compile(r"laura\.vidal|lauravidal|600\s?11|Vidalkova", re.IGNORECASE)


def laura() -> int:
    traits = {"email": EMAIL, "phone": PHONE, "first_name": "Laura", "last_name": NAME}
    number = actions.create_contact(SYSTEM, {**traits, "second_phone": "600 111 223"})
    twin = {"email": "lauravidal+x@gmail.com", "first_name": "Laura", "last_name": NAME}
    actions.create_contact(SYSTEM, twin)
    duplicates.work()
    cast.did(number, "Signed Up", email=EMAIL, last_name=NAME, phone=PHONE)
    drain()
    return number


def pages(number: int) -> list[str]:
    return [
        "/",
        "/contacts/",
        f"/contacts/{number}/",
        f"/contacts/{number}/timeline/",
        "/contacts/duplicates/",
        "/messages/",
        f"/rules/preview/?contact={number}",
    ]


def test_no_page_shows_a_viewer_how_to_reach_somebody(client: Client) -> None:
    number = laura()
    cast.sign_in(client, Role.VIEWER)
    for address in pages(number):
        found = TRACES.search(client.get(address).content.decode())
        assert found is None, (address, found)
    page = client.get(f"/contacts/{number}/").content.decode()
    assert "Laura V." in page
    assert "l•••@g•••.com" in page
    assert "mailto:" not in page


def test_those_with_the_right_see_everything(client: Client) -> None:
    number = laura()
    cast.sign_in(client, Role.SALES)
    page = client.get(f"/contacts/{number}/").content.decode()
    assert EMAIL in page
    assert PHONE in page


def test_one_request_of_a_viewer_veils_nothing_for_the_next_reader(client: Client) -> None:
    number = laura()
    cast.sign_in(client, Role.VIEWER)
    client.get(f"/contacts/{number}/")
    assert not masking.veiled()
    assert EMAIL in (actions.Contact.objects.get(contact_id=number).email)


@pytest.mark.parametrize("whole", [EMAIL, "LAURA.vidal@gmail.com", PHONE, "laura", NAME])
def test_a_whole_address_number_or_word_finds_without_showing(
    client: Client, whole: str
) -> None:
    number = laura()
    cast.sign_in(client, Role.VIEWER)
    page = client.get("/contacts/", {"q": whole}).content.decode()
    assert f"/contacts/{number}/" in page
    rows = page.split("<tbody>")[1]
    assert TRACES.search(rows) is None


@pytest.mark.parametrize("part", ["laura.vid", "gmail", "600111", "vida"])
def test_nobody_is_spelt_out_letter_by_letter(client: Client, part: str) -> None:
    laura()
    cast.sign_in(client, Role.VIEWER)
    assert "Nobody fits" in client.get("/contacts/", {"q": part}).content.decode()
    rule = {"field": "contact.email", "op": "contains", "value": part}
    answer = client.get("/contacts/", {"rule": json.dumps(rule)})
    assert answer.status_code == 403


def test_the_timeline_is_not_searched_for_private_words(client: Client) -> None:
    number = laura()
    address = f"/contacts/{number}/timeline/?find=vidal"
    cast.sign_in(client, Role.VIEWER)
    assert "Nothing like this" in client.get(address).content.decode()


def test_who_may_not_see_may_not_change_either(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trellis.accounts import access

    number = laura()
    rights = ROLE_RIGHTS["marketer"] - {"contacts.see_private"}
    monkeypatch.setattr(access, "ROLE_RIGHTS", {**ROLE_RIGHTS, "marketer": rights})
    cast.sign_in(client, Role.MARKETER)
    assert client.get(f"/contacts/{number}/edit/").status_code == 403
    post = {"act": "export", "id": [str(number)], "filter": "", "sure": "yes"}
    sheet = client.post("/contacts/bulk/", post).content.decode("utf-8-sig")
    assert "Laura" in sheet
    assert TRACES.search(sheet) is None


def ask(client: Client, scopes: list[str], address: str) -> str:
    _key, token = keys.create(SYSTEM, KeyKind.API, "Reader", scopes)
    answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_key_without_the_scope_gets_veiled_answers(client: Client) -> None:
    number = laura()
    for address in (
        "/api/v1/contacts",
        f"/api/v1/contacts/{number}",
        f"/api/v1/contacts/{number}/identities",
        f"/api/v1/contacts/{number}/events",
        "/api/v1/duplicates",
        f"/api/v1/contacts?q={EMAIL}",
    ):
        text = ask(client, ["contacts.read"], address)
        assert TRACES.search(text) is None, (address, text)
        assert EMAIL in ask(client, ["contacts.read", "contacts.see_private"], address), address


def test_the_funnel_has_its_roles_with_sensible_rights() -> None:
    assert {role.value for role in Role} == set(ROLE_RIGHTS)
    sees = {role for role, rights in ROLE_RIGHTS.items() if "contacts.see_private" in rights}
    assert sees == {"admin", "marketer", "supervisor", "mdr", "sdr", "sales"}
    for role in ("mdr", "sdr", "sales"):
        assert "leads.write" in ROLE_RIGHTS[role]
        assert "contacts.erase" not in ROLE_RIGHTS[role]


def test_earlier_values_are_veiled_with_their_field() -> None:
    actor = Actor(kind="user", id=1, name="V", rights=RIGHTS - {"contacts.see_private"})
    with masking.one_request():
        masking.look_as(actor)
        shown = masking.value(
            "provenance",
            {"last_name": {"src": "form", "was": [{"value": NAME, "src": "import"}]}},
        )
    assert shown == {"last_name": {"src": "form", "was": [{"value": "V.", "src": "import"}]}}
