"""L1, L7, C13, N14 and T1: stages, temperature, re-arrival, the whole way, what is recorded."""

from __future__ import annotations

import pytest

from tests.acceptance.farina import Farina, all_of, links
from trellis.leads.models import StageMove

ANN = "ann@mail.example"


def phases(company: Farina) -> list[str]:
    """Keys of the stages, in their order."""
    return [stage.key for stage in company.get("/stages")]


def test_l1_the_lifecycle_has_seven_phases_and_other(bare):
    assert phases(bare) == [
        "user",
        "lead",
        "mql",
        "sql",
        "intention",
        "customer",
        "loyal",
        "other",
    ]


def test_l1_phases_can_be_added_renamed_and_reordered(bare):
    bare.post("/stages", key="taster", name="Came to a tasting", after="lead")
    bare.ask("PATCH", "/stages/mql", json={"name": "Ready for a class"})
    order = ["user", "taster", "lead", "mql", "sql", "intention", "customer", "loyal", "other"]
    bare.ask("PUT", "/stages/order", json={"keys": order})
    assert phases(bare) == order
    names = {stage.key: stage.name for stage in bare.get("/stages")}
    assert (names["mql"], names["taster"]) == ("Ready for a class", "Came to a tasting")


def test_l1_every_move_keeps_time_actor_and_cause(farina):
    farina.identify("ann", email=ANN)
    farina.settle()
    before = farina.get("/clock").now
    farina.post(
        f"/contacts/{farina.contact(ANN).contact_id}/stage", to="sql", reason="met at the shop"
    )
    farina.settle()
    moves = [row for row in farina.happened(ANN) if row.name == "Stage Changed"]
    assert [(row.props["from"], row.props["to"], row.props["how"]) for row in moves] == [
        ("", "lead", "rule"),
        ("lead", "sql", "hand"),
    ]
    assert moves[-1].props["reason"] == "met at the shop"
    history = StageMove.objects.filter(contact_id=farina.contact(ANN).contact_id)
    by_rule, by_hand = [row.actor for row in history.order_by("at")]
    assert (by_rule, by_hand.endswith("Test staff")) == ("system", True)
    assert moves[-1].at >= before
    assert farina.stage(ANN) == "sql"


def test_l7_cold_is_who_looks_warm_who_acts_hot_who_is_ready(farina):
    farina.identify("ann", email=ANN)
    farina.call("page", userId="ann", properties={"path": "/demo-site/"})
    farina.settle()
    assert farina.contact(ANN).temperature == "cold"
    farina.call(
        "track", userId="ann", event="Page Read", properties={"path": "/demo-site/prices"}
    )
    farina.settle()
    assert farina.contact(ANN).temperature == "warm"
    for product in ("brioche", "sacher", "sourdough"):
        farina.track("ann", "Product Added", product_id=product, price=7)
    farina.track("ann", "Order Completed", order_id="1", total=21)
    farina.settle()
    assert farina.contact(ANN).temperature == "hot"
    changes = [name for name in farina.events(ANN) if name == "Temperature Changed"]
    assert len(changes) == 2
    assert farina.contact(ANN).contact_id in farina.members("hot-visitors")


def test_c13_a_person_who_comes_again_stays_one_lead_with_another_touch(farina):
    for url in ("https://farina.example/?utm_source=instagram&utm_medium=social", ""):
        answer = farina.submit(
            "master-class",
            email="ANN@mail.example ",
            first_name="Ann",
            _consent="yes",
            page_url=url,
        )
        assert answer.status_code < 400
        farina.settle()
        farina.later(days=1)
    assert [person.email for person in farina.people(kind="all")] == [ANN]
    touches = farina.get(f"/contacts/{farina.contact(ANN).contact_id}/touches")
    assert [touch.how for touch in touches] == ["form", "form"]
    assert touches[-1].utm["utm_source"] == "instagram"
    assert farina.events(ANN).count("Form Submitted") == 2
    assert farina.events(ANN).count("Journey Entered") == 1


def test_n14_capture_enrichment_segmentation_nurturing(farina):
    device = {"anonymousId": "device-1"}
    farina.call("page", **device, properties={"path": "/demo-site/master-class"})
    answer = farina.submit(
        "master-class",
        email=ANN,
        first_name="Ann",
        topic="chocolate",
        level="professional",
        anonymous_id="device-1",
        _consent="yes",
    )
    assert answer.status_code < 400
    farina.settle()
    contact = farina.contact(ANN)
    assert contact.attributes["topic"] == "chocolate"
    assert contact.provenance["topic"]["src"]
    assert contact.contact_id in farina.members("master-class-visitors")
    assert farina.stage(ANN) == "lead"
    farina.call("track", **device, event="Page Read", properties={"path": "/demo-site/prices"})
    farina.settle()
    assert contact.contact_id in farina.members("warm-professionals")
    assert [str(mail["Subject"]) for mail in farina.mails(ANN)] == ["Your programme, Ann"]
    farina.later(days=3)
    assert len(farina.mails(ANN)) == 2


def test_n14_segments_combine_interest_stage_and_behaviour(farina):
    farina.post(
        "/segments",
        key="bread-leads",
        name="Bread leads",
        rule=all_of(
            {"field": "attr.topic", "op": "eq", "value": "bread"},
            {"field": "stage", "op": "in", "value": ["lead", "mql"]},
            {"field": "signal.read-article", "op": "count_gte", "value": 2},
        ),
    )
    farina.settle()
    for user, topic, reads in (("a", "bread", 2), ("b", "bread", 1), ("c", "cakes", 3)):
        farina.identify(user, email=f"{user}@mail.example", topic=topic)
        for _ in range(reads):
            farina.track(user, "Article Read", article="butter")
    farina.settle()
    assert farina.members("bread-leads") == {farina.contact("a@mail.example").contact_id}


def test_t1_what_people_do_is_recorded_under_its_name(farina):
    farina.call("page", userId="ann", name="Prices", properties={"path": "/demo-site/prices"})
    farina.identify("ann", email=ANN)
    for name in (
        "Page Read",
        "Button Clicked",
        "Product Viewed",
        "Product Added",
        "Product Added to Wishlist",
        "Exit Intended",
    ):
        farina.track("ann", name, path="/demo-site/prices")
    assert farina.submit("newsletter", email=ANN, _consent="yes").status_code < 400
    farina.settle()
    [mail] = farina.mails(ANN)
    clicked = next(link for link in links(mail) if "/l/" in link or "/c/" in link)
    assert farina.http.get(clicked, follow_redirects=False).status_code == 302
    farina.settle()
    assert set(farina.events(ANN)) >= {
        "Page Viewed",
        "Page Read",
        "Button Clicked",
        "Product Viewed",
        "Product Added",
        "Product Added to Wishlist",
        "Exit Intended",
        "Form Submitted",
        "Message Sent",
        "Message Clicked",
    }


@pytest.mark.parametrize("text", ["李 小明", "Марія Їжак", "Núria Güell i Çelik", "José Peña"])
def test_t1_names_of_every_script_arrive_as_they_were_typed(farina, text):
    farina.identify("x", email="x@mail.example", firstName=text)
    farina.settle()
    assert farina.contact("x@mail.example").first_name == text
