"""The list of contacts, the profile, and what can be done from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts.models import Audit, Role
from trellis.core import clock
from trellis.people.models import Attribute, Contact
from trellis.pipeline.drain import drain
from trellis.segments.models import Membership, SavedFilter
from trellis.web.staff import contact_acts

pytestmark = pytest.mark.django_db


def listed(client: Client, query: str) -> str:
    answer = client.get(f"/contacts/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def story(client: Client, contact_id: int) -> Mapping[str, Any]:
    """What the timeline card of a profile was drawn from."""
    (card,) = client.get(f"/contacts/{contact_id}/").context["panes"]["story"]
    found: Mapping[str, Any] = card.this
    return found


def test_the_search_finds_parts_of_names_addresses_and_phones(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Núria", last_name="Roca", email="nuria@example.org")
    world.person(first_name="小明", last_name="王", phone="+34600111222")
    for query in ("Núr", "roca", "nuria@ex", "ria ro"):
        assert "Núria Roca" in listed(client, f"q={query}"), query
    for query in ("王", "小明", "王小明", "600111"):
        assert "王小明" in listed(client, f"q={query}"), query
    assert "Nobody fits" in listed(client, "q=nobody-of-this-name")


def test_percent_and_underscore_are_searched_as_they_are(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", last_name="Ferrer", email="ann@example.org")
    assert "Nobody fits" in listed(client, "q=%25%25%25")
    assert "Nobody fits" in listed(client, "q=a___e")


def test_a_rule_in_the_address_filters_the_list(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", city="Girona")
    world.person(first_name="Bob", city="Berlin")
    rule = json.dumps({"field": "contact.city", "op": "eq", "value": "Girona"})
    found = listed(client, f"rule={rule}")
    assert "Ann" in found
    assert ">Bob<" not in found


def test_a_rule_that_is_none_is_a_clear_answer_not_a_fault(client: Client) -> None:
    cast.sign_in(client)
    for text in ("{", '{"field": "contact.nonsense", "op": "eq", "value": 1}'):
        assert client.get("/contacts/", {"rule": text}).status_code == 422


@pytest.mark.parametrize(
    "query", ["after=nonsense", "after=MTIz", "stage=x", "segment=-1", "kind=odd"]
)
def test_a_spoilt_address_never_breaks_the_page(client: Client, query: str) -> None:
    cast.sign_in(client)
    assert client.get(f"/contacts/?{query}").status_code in {200, 422}


def test_pages_follow_each_other_without_gap_or_repetition(client: Client) -> None:
    cast.sign_in(client)
    made = {world.person(first_name=f"P{number}") for number in range(120)}
    seen: list[int] = []
    address = "/contacts/"
    for _page in range(5):
        answer = client.get(address)
        seen += [row.contact_id for row in answer.context["page"].rows]
        if not answer.context["page"].next:
            break
        address = f"/contacts/?after={answer.context['page'].next}"
    assert sorted(seen) == sorted(made)


def test_a_contact_is_added_by_hand(client: Client) -> None:
    cast.sign_in(client)
    answer = client.post("/contacts/new/", {"email": "Ada@Example.org", "first_name": "Ada"})
    contact = Contact.objects.get(email="ada@example.org")
    assert answer["Location"] == f"/contacts/{contact.contact_id}/"
    assert contact.known


def test_an_address_that_is_taken_is_blamed_on_its_field(client: Client) -> None:
    cast.sign_in(client)
    cast.someone("Ann")
    answer = client.post("/contacts/new/", {"email": "ann@example.com"})
    assert answer.status_code == 200
    assert "email" in answer.context["form"].errors


def test_an_edit_writes_only_what_differs(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann", attributes={"seats": 2})
    Attribute.objects.create(key="seats", label="Seats", type="number")
    post = {
        "email": "ann@example.com",
        "first_name": "Ann",
        "last_name": "Puig",
        "a.seats": "2,5",
    }
    client.post(f"/contacts/{ann}/edit/", post)
    contact = Contact.objects.get(contact_id=ann)
    assert (contact.last_name, contact.attributes) == ("Puig", {"seats": 2.5})
    change = Audit.objects.get(action="contact.update").change
    assert set(change) == {"last_name", "seats"}


def test_a_stage_moves_backwards_only_with_a_reason(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    client.post(f"/contacts/{ann}/lead/", {"act": "move", "to": "sql"})
    refused = client.post(f"/contacts/{ann}/lead/", {"act": "move", "to": "lead"}, follow=True)
    assert "Moving a lead back needs a reason." in refused.content.decode()
    client.post(f"/contacts/{ann}/lead/", {"act": "move", "to": "lead", "note": "not now"})
    drain()
    page = client.get(f"/contacts/{ann}/").content.decode()
    assert "not now" in page
    assert "Moved from" in page


def test_a_bulk_act_is_shown_before_it_is_done(client: Client) -> None:
    cast.sign_in(client)
    ann, friends = cast.someone("Ann"), world.segment("friends", {}, kind="static")
    post = {"act": "segment", "id": [str(ann)], "filter": ""}
    shown = client.post("/contacts/bulk/", post)
    assert "Ann Ferrer" in shown.content.decode()
    assert not Membership.objects.exists()
    client.post("/contacts/bulk/", {**post, "sure": "yes", "segment": str(friends.pk)})
    assert Membership.objects.get().contact_id == ann


def test_a_bulk_act_on_all_takes_everybody_the_filter_finds(client: Client) -> None:
    cast.sign_in(client)
    Attribute.objects.create(key="topic", label="Topic", type="text")
    ann, bob = cast.someone("Ann", city="Girona"), cast.someone("Bob")
    anna = cast.someone("Anna", city="Girona")
    post = {"act": "attribute", "id": [str(ann)], "filter": "q=ann", "sure": "yes"}
    client.post(
        "/contacts/bulk/", {**post, "whom": "all", "attribute": "topic", "value": "tea"}
    )
    known = {row.contact_id: row.attributes.get("topic") for row in Contact.objects.all()}
    assert known == {ann: "tea", anna: "tea", bob: None}


def test_the_export_quotes_what_a_spreadsheet_would_run(client: Client) -> None:
    cast.sign_in(client)
    ann = world.person(first_name="=1+1", email="ann@example.com")
    post = {"act": "export", "id": [str(ann)], "filter": "", "sure": "yes"}
    answer = client.post("/contacts/bulk/", post)
    assert answer["Content-Type"].startswith("text/csv")
    assert "'=1+1" in answer.content.decode("utf-8-sig")
    assert Audit.objects.filter(action="contact.export").exists()


def test_who_may_only_read_does_not_carry_everybody_off(client: Client) -> None:
    cast.sign_in(client, role=Role.VIEWER)
    world.person(email="ann@example.com")
    post = {"act": "export", "whom": "all", "filter": "kind=known", "sure": "yes"}
    assert client.post("/contacts/bulk/", post).status_code == 403
    assert client.get("/contacts/new/").status_code == 403


def test_a_salesperson_may_not_erase(client: Client) -> None:
    cast.sign_in(client, Role.SALES)
    ann = cast.someone("Ann")
    assert client.post(f"/contacts/{ann}/erase/", {"reason": "asked"}).status_code == 403
    assert Contact.objects.filter(contact_id=ann).exists()


def test_new_events_come_to_an_open_profile(client: Client) -> None:
    company = cast.found(client)
    newest = story(client, company.ann)["events"][0].position
    address = f"/contacts/{company.ann}/timeline/?since={newest}"
    assert client.get(address).status_code == 204
    cast.did(company.ann, "Form Submitted", form="master-class")
    drain()
    assert "master-class" in client.get(address).content.decode()


def test_the_profile_says_why_the_score_is_what_it_is(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    world.score_rule(
        "demographic",
        35,
        name="Is known",
        rule={"field": "contact.known", "op": "eq", "value": True},
    )
    world.settle(ann, now=clock.now())
    page = client.get(f"/contacts/{ann}/").content.decode()
    assert "Why 35" in page
    assert "Is known" in page


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("+34600111222", True),
        ("+34 (600) 11-12", True),
        ("-12.5", True),
        ("+1+1", False),
        ("-2+cmd|' /C calc'!A0", False),
        ("@SUM(1)", False),
        ("=1", False),
        ("plain", True),
    ],
)
def test_numbers_are_exported_as_they_are_and_formulas_are_not(cell: str, kept: bool) -> None:
    line = contact_acts._line([cell])
    assert line.lstrip('"').startswith("'") is not kept


def test_a_filter_is_kept_changed_and_deleted_as_a_tab(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", last_name="Roca", city="Girona")
    rule = json.dumps({"all": [{"field": "contact.city", "op": "eq", "value": "Girona"}]})
    page = client.get("/contacts/", {"rule": rule})
    keep = page.context["keep_query"]
    assert "Keep this filter" in page.content.decode()
    form = client.get(f"/contacts/filters/new/?{keep}")
    assert "city is “Girona”" in form.content.decode()
    data = {
        "name": "From Girona",
        "query": form.context["query"],
        "sharing": "1",
        "shared": "1",
    }
    made = client.post("/contacts/filters/new/", data)
    assert made.status_code == 302
    opened = client.get(made["Location"])
    text = opened.content.decode()
    assert "Ann Roca" in text
    assert "From Girona</a>" in text
    view = opened.context["view"].row.pk
    assert not opened.context["edited"]
    more = client.get("/contacts/", {"rule": rule, "temperature": "hot", "view": view})
    assert more.context["edited"]
    change = {"name": "Hot in Girona", "query": more.context["keep_query"], "version": "1"}
    assert client.post(f"/contacts/filters/{view}/", change).status_code == 302
    late = client.post(f"/contacts/filters/{view}/", {**change, "name": "Mine"})
    assert late.status_code == 409
    assert "changed this meanwhile" in late.content.decode()
    assert 'value="Mine"' in late.content.decode(), "what was typed stays"
    gone = client.post(f"/contacts/filters/{view}/", {"act": "delete"})
    assert gone.status_code == 302
    assert "Hot in Girona</a>" not in listed(client, "")


def test_a_kept_filter_becomes_the_rule_of_a_new_segment(client: Client) -> None:
    cast.sign_in(client)
    answer = client.get("/contacts/filters/segment/?temperature=hot&q=ann")
    assert answer.status_code == 302
    form = client.get(answer["Location"])
    assert form.status_code == 200
    assert json.loads(form.context["rule_json"])["all"][0]["field"] == "contact.known"
    refused = client.get("/contacts/filters/segment/?kind=known")
    assert refused.status_code == 422


def test_a_kept_filter_that_no_longer_works_opens_where_it_can_be_mended(
    client: Client,
) -> None:
    user = cast.sign_in(client)
    broken = {"all": [{"field": "attr.gone", "op": "eq", "value": "x"}]}
    row = SavedFilter.objects.create(name="Old", owner_id=user.pk, query={"rule": broken})
    answer = client.get("/contacts/", {"rule": json.dumps(broken), "view": row.pk}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/contacts/filters/{row.pk}/"
    assert "there is no field attr.gone" in answer.content.decode()


def test_who_only_reads_keeps_filters_but_shares_none(client: Client) -> None:
    cast.sign_in(client, Role.VIEWER)
    data = {"name": "Mine", "query": "temperature=hot", "sharing": "1", "shared": "1"}
    assert client.post("/contacts/filters/new/", data).status_code == 403
    del data["sharing"], data["shared"]
    assert client.post("/contacts/filters/new/", data).status_code == 302
    page = client.get("/contacts/filters/new/?temperature=hot").content.decode()
    assert "Everybody on the team sees it" not in page
    empty = client.post("/contacts/filters/new/", {"name": "All", "query": ""})
    assert empty.status_code == 422
