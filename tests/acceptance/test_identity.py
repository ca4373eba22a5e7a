"""One person, one contact: duplicates with their reasons, preview, merge, undo; what a known
contact said is never overwritten by a guess; and each group sorted by interest (L14)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts import keys
from trellis.accounts.models import KeyKind
from trellis.accounts.types import RIGHTS, SYSTEM
from trellis.core import clock
from trellis.people import duplicates
from trellis.people.attributes import Change, apply
from trellis.people.models import Contact, Standing

pytestmark = pytest.mark.django_db


class Api:
    """The API as a program sees it."""

    def __init__(self, *scopes: str) -> None:
        _key, token = keys.create(SYSTEM, KeyKind.API, "Shop", sorted(scopes or RIGHTS))
        self.client, self.headers = Client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=self.headers,
        )
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


def laura_twice(api: Api) -> tuple[int, int]:
    made = [
        api(
            "POST",
            "/contacts",
            {"traits": {"email": email, "first_name": "Laura", "last_name": "Vidal", **more}},
            201,
        )["contact_id"]
        for email, more in (
            ("laura.vidal@gmail.com", {"city": "Vic"}),
            ("lauravidal+shop@gmail.com", {"city": "Girona", "topic": "bread"}),
        )
    ]
    duplicates.work()
    return made[0], made[1]


def test_identity_duplicates_are_found_previewed_merged_and_undone() -> None:
    api = Api()
    one, other = laura_twice(api)
    (pair,) = api("GET", "/duplicates")["items"]
    assert (pair["contact_id"], pair["other_id"]) == (one, other)
    assert pair["confidence"] >= 95
    assert "same_mailbox" in {reason["code"] for reason in pair["reasons"]}
    shown = api("GET", f"/duplicates/{one}/{other}")
    made = {value["key"]: value for value in shown["values"]}
    assert (made["city"]["result"], made["city"]["why"]) == ("Girona", "newer")
    (merge,) = api("POST", f"/contacts/{one}/merges", {"loser_id": other}, 201)
    merged = api("GET", f"/contacts/{one}")
    assert merged["city"] == made["city"]["result"]
    assert merged["attributes"]["topic"] == "bread"
    refused = api("POST", f"/contacts/{one}/merges", {"loser_id": other}, 409)
    assert "meanwhile" in json.dumps(refused)
    api("DELETE", f"/contacts/{one}/merges/{merge['merge_id']}")
    assert api("GET", f"/contacts/{one}")["city"] == "Vic"
    assert api("GET", f"/contacts/{other}")["merged_into"] is None
    assert api("GET", "/duplicates")["items"] == []


def test_identity_two_people_are_remembered() -> None:
    api = Api()
    one, other = laura_twice(api)
    api("PUT", f"/duplicates/{one}/{other}/apart", status=204)
    api("PATCH", f"/contacts/{other}", {"traits": {"city": "Vic"}})
    duplicates.work()
    assert api("GET", "/duplicates")["items"] == []
    assert len(api("GET", "/duplicates?state=apart")["items"]) == 1
    api("DELETE", f"/duplicates/{one}/{other}/apart", status=204)
    assert len(api("GET", "/duplicates")["items"]) == 1


def test_identity_who_may_not_see_gets_a_masked_answer_and_finds_by_the_whole_address() -> None:
    laura_twice(Api())
    reader = Api("contacts.read")
    (found,) = reader("GET", "/contacts?q=laura.vidal@gmail.com")["items"]
    assert found["email"] == "l•••@g•••.com"
    assert found["last_name"] == "V."
    assert reader("GET", "/contacts?q=laura.vid")["items"] == []


def test_identity_who_may_not_write_decides_nothing() -> None:
    one, other = laura_twice(Api())
    reader = Api("contacts.read", "contacts.see_private")
    reader("PUT", f"/duplicates/{one}/{other}/apart", status=403)
    reader("POST", f"/contacts/{one}/merges", {"loser_id": other}, 403)


def test_complaint_8_a_known_contact_is_not_overwritten_by_an_older_word_or_a_guess() -> None:
    ann = cast.someone("Ann")
    now = clock.now()
    said = Change(ann, now.timestamp(), "form", {"city": "Girona"})
    apply([said], now)
    late = Change(ann, (now - timedelta(days=3)).timestamp(), "import", {"city": "Vic"})
    apply([late], now)
    assert Contact.objects.get(contact_id=ann).city == "Girona"
    bob = cast.someone("Bob")
    refused = apply([Change(bob, now.timestamp(), "form", {"email": "ann@example.com"})], now)
    assert [row.reason for row in refused] == ["belongs_to_another"]
    assert Contact.objects.get(contact_id=bob).email == "bob@example.com"


def people(temperature: str, scores: list[int]) -> list[int]:
    made = []
    for score in scores:
        number = cast.someone(f"P{temperature}{score}")
        world.settle(number, now=clock.now())
        Standing.objects.filter(contact_id=number).update(score=score, temperature=temperature)
        made.append(number)
    return made


def test_l14_leads_are_sorted_by_interest_inside_each_group_and_groups_never_mix(
    client: Client,
) -> None:
    cast.sign_in(client)
    hot, cold = people("hot", [60, 90, 75]), people("cold", [5, 19, 0])
    zones = client.get("/contacts/zones/?by=temperature").context["zones"]
    shown = {item["zone"].key: [row.contact_id for row in item["rows"]] for item in zones}
    assert shown["hot"] == [hot[1], hot[2], hot[0]]
    assert shown["cold"] == [cold[1], cold[0], cold[2]]
    assert shown["warm"] == []


def test_l14_a_group_is_paged_by_score_without_gap_or_repetition(client: Client) -> None:
    cast.sign_in(client)
    made = {world.person(first_name=f"P{n}"): n % 7 for n in range(120)}
    for number, score in made.items():
        Standing.objects.update_or_create(
            contact_id=number,
            defaults={"first_seen": clock.now(), "last_seen": clock.now(), "score": score},
        )
    seen: list[int] = []
    address = "/contacts/?sort=score"
    for _page in range(4):
        page = client.get(address).context["page"]
        seen += [row.contact_id for row in page.rows]
        if not page.next:
            break
        address = f"/contacts/?sort=score&after={page.next}"
    assert sorted(seen) == sorted(made)
    assert [made[number] for number in seen] == sorted(made.values(), reverse=True)
    assert client.get("/contacts/?sort=score&after=nonsense").status_code == 200


def test_l14_segments_are_zones_too(client: Client) -> None:
    company = cast.found(client)
    zones = client.get("/contacts/zones/?by=segment").context["zones"]
    rows = {item["zone"].key: [row.contact_id for row in item["rows"]] for item in zones}
    assert rows[str(company.segment)] == [company.ann]
    one = client.get(f"/contacts/zones/?by=segment&zone={company.segment}")
    assert "Ann Ferrer" in one.content.decode()
    assert client.get("/contacts/zones/?by=segment&zone=0").status_code == 404


def test_identity_who_may_not_see_spells_nobody_out_by_a_rule() -> None:
    laura_twice(Api())
    reader = Api("contacts.read", "segments.read")
    part = {"field": "contact.email", "op": "starts_with", "value": "l"}
    answer = reader("POST", "/contacts/find", {"rule": part}, 403)
    assert "contacts.see_private" in answer["detail"]
    whole = {"field": "contact.email", "op": "eq", "value": "laura.vidal@gmail.com"}
    assert reader("POST", "/contacts/find", {"rule": whole})["n"] == 1
    assert reader("POST", "/rules/preview", {"rule": part}, 403)["problems"][0]["path"] == "op"
