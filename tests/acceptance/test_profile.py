"""T7, T8 and W4: lawful enrichment, data tagged by class and by how it was learned, and the
classes of what is known, stored and shown apart."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.acceptance.farina import Farina, all_of, event
from tests.enrichment.service import serving
from tests.web.cast import sign_in

BASIS = "legitimate_interest"


def directory(company: Farina, url: str, **more: Any) -> int:
    """The operator's own service as a source that is switched on."""
    settings = {"url": url, "send": ["email"], "take": {"job": "job_title", "town": "city"}}
    body = {"kind": "webhook", "name": "Directory", "basis": BASIS, "settings": settings}
    source = company.post("/enrichment", **{**body, **more})
    company.post(f"/enrichment/{source.id}/live", live=True)
    return int(source.id)


def test_t7_each_added_attribute_has_its_source_time_and_legal_basis(bare: Farina) -> None:
    with serving((200, {"job": "Pastry chef", "town": "Girona"})) as service:
        source = directory(bare, service.url)
        bare.identify("olga", email="olga@forn.example", city="Vic")
        bare.settle()
    olga = bare.contact("olga@forn.example")
    assert olga["attributes"]["job_title"] == "Pastry chef"
    assert olga.city == "Vic", "what the person said stays"
    said = olga.provenance["job_title"]
    assert (said["src"], said["basis"], said["how"]) == ("enrich:Directory", BASIS, "passive")
    assert said["at"] >= olga.created_at[:10]
    assert "Contact Enriched" in bare.events("olga@forn.example")
    assert bare.get(f"/enrichment/{source}/runs")[0]["added"]["job_title"] == "Pastry chef"


def test_t7_nobody_is_looked_up_without_a_basis_or_against_their_word(bare: Farina) -> None:
    with serving((200, {"job": "Pastry chef"})) as service:
        rule = all_of({"field": "contact.city", "op": "eq", "value": "Vic"})
        source = directory(bare, service.url, rule=rule)
        refused = bare.staff.patch(f"/enrichment/{source}", json={"basis": ""})
        assert refused.status_code == 422
        bare.identify("olga", email="olga@forn.example")
        bare.settle()
        number = bare.contact("olga@forn.example").contact_id
        bare.post(f"/contacts/{number}/consents", purpose="enrichment", given=False)
        bare.settle()
        bare.post(f"/enrichment/{source}/ask", contact_id=number)
        bare.settle()
        assert service.calls == []
    assert bare.get(f"/enrichment/{source}/runs")[0]["reason"] == "objection"
    assert "job_title" not in bare.contact("olga@forn.example")["attributes"]


def test_t7_the_company_is_found_by_the_address_and_told_to_rules(bare: Farina) -> None:
    made = bare.post("/companies", name="Forn", domains=["forn.example"])
    bare.identify("olga", email="olga@forn.example")
    bare.settle()
    olga = bare.contact("olga@forn.example")
    assert (olga.company_id, olga.provenance["company"]["src"]) == (made.id, "email_domain")
    assert bare.get(f"/companies/{made.id}").people == 1


def test_t8_data_is_tagged_by_class_and_by_how_it_was_learned(bare: Farina) -> None:
    wants = {"key": "wants", "type": "choice", "options": ["bread", "cakes"]}
    bare.post("/attributes", **wants, bucket="interest", how="active")
    bare.post("/attributes", key="device", type="text", bucket="engagement", how="passive")
    bare.identify("ann", email="ann@mail.example", wants="bread", device="phone")
    bare.identify("ben", email="ben@mail.example", wants="soup")
    bare.settle()
    said = bare.contact("ann@mail.example").provenance
    assert (said["wants"]["how"], said["device"]["how"]) == ("active", "passive")
    assert "wants" not in bare.contact("ben@mail.example")["attributes"]
    tagged = {row["key"]: (row["bucket"], row["how"]) for row in bare.get("/attributes")}
    assert tagged["wants"] == ("interest", "active")
    assert tagged["device"] == ("engagement", "passive")


def known(company: Farina) -> int:
    """Ann, of whom something of each class is known; what she does counts in a segment."""
    company.post("/attributes", key="age", type="number", unit="years", minimum=0)
    company.post("/attributes", key="wants", type="text", bucket="interest")
    company.post(
        "/segments",
        key="ripe",
        name="Ripe",
        rule=all_of(
            {"field": "attr.age", "op": "gte", "value": 40},
            {"field": "attr.wants", "op": "eq", "value": "bread"},
            {"event": event("Workshop Joined"), "op": "count_gte", "value": 1},
            {"field": "stage", "op": "in", "value": ["user", "lead"]},
        ),
    )
    company.settle()
    company.identify("ann", email="ann@mail.example", age=41, wants="bread")
    company.track("ann", "Workshop Joined")
    company.identify("ben", email="ben@mail.example", age=41, wants="bread")
    company.settle()
    return int(company.contact("ann@mail.example").contact_id)


def test_w4_a_rule_filters_by_all_classes_together(bare: Farina) -> None:
    ann = known(bare)
    assert bare.members("ripe") == {ann}


def shown(client: Client, address: str) -> dict[str, str]:
    """The text of each class on the profile."""
    html = client.get(address).content.decode()
    card = html.split('id="card-known"')[1].split("</section>")[0]
    parts = card.split('data-class="')[1:]
    return {part.split('"')[0]: re.sub(r"<[^>]+>|\s+", " ", part) for part in parts}


def test_w4_the_classes_stand_apart_on_the_profile_and_can_be_narrowed(
    bare: Farina, client: Client
) -> None:
    ann = known(bare)
    sign_in(client)
    every = shown(client, f"/contacts/{ann}/")
    assert set(every) == {"demographic", "interest", "engagement", "lifecycle"}
    assert "41 years" in every["demographic"]
    assert "bread" in every["interest"]
    assert "Workshop Joined" in every["engagement"]
    assert "41 years" not in every["interest"] + every["engagement"]
    observed = shown(client, f"/contacts/{ann}/?how=passive")
    assert "bread" not in observed["interest"]
    assert "Workshop Joined" in observed["engagement"]
    said = shown(client, f"/contacts/{ann}/?how=active")
    assert "bread" in said["interest"]
    assert "Workshop Joined" not in said["engagement"]
