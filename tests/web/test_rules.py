"""Rules, segments, the score model and stages in the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.leads.models import Stage
from trellis.pipeline.drain import drain
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.segments.models import Membership, Segment

pytestmark = pytest.mark.django_db

GIRONA = {"all": [{"field": "contact.city", "op": "eq", "value": "Girona"}]}


def test_the_builder_gets_fields_operators_and_words(client: Client) -> None:
    company = cast.found(client)
    assert company.ann
    found = client.get("/rules/fields/").json()
    assert {"contact.email", "attr.topic", "score", "segment"} <= {
        field["key"] for field in found["fields"]
    }
    assert {"eq", "count_gte"} <= {operator["key"] for operator in found["operators"]}
    assert {"type": "track", "name": "Form Submitted"} in [
        {"type": row["type"], "name": row["name"]} for row in found["events"]
    ] or found["events"]
    assert all(found["words"].values())


def preview(client: Client, rule: object, **more: str) -> dict[str, Any]:
    answer = client.post("/rules/preview/", {"rule": json.dumps(rule), **more})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_preview_says_the_rule_counts_and_names_people(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", city="Girona")
    found = preview(client, GIRONA)
    assert found["problems"] == []
    assert "People for whom <b>city is “Girona”</b>" in found["html"]
    assert '<span class="big">1</span>' in found["html"]
    assert "Ann" in found["html"]


def test_the_preview_names_every_fault_at_its_place_and_saves_nothing(client: Client) -> None:
    cast.sign_in(client)
    odd = {"all": [*GIRONA["all"], {"field": "attr.gone", "op": "eq", "value": 1}]}
    found = preview(client, odd)
    assert [problem["path"] for problem in found["problems"]] == ["all[1].field"]
    late = {"all": [{"field": "score", "op": "gte", "value": 1}]}
    assert preview(client, late, level="1")["problems"][0]["path"] == "all[0].field"
    for rule in ("[1]", "{", '{"all": {}}'):
        answer = client.post("/rules/preview/", {"rule": rule}).json()
        assert answer["problems"], rule
    assert not Segment.objects.exists()


def test_real_values_of_a_field_are_offered_in_every_script(client: Client) -> None:
    cast.sign_in(client)
    for city in ("北京", "北海", "Москва", "Girona", "Girona"):
        world.person(city=city, email=f"{city}@example.org")
    found = client.get("/rules/values/?field=contact.city").json()
    assert found[0] == {"value": "Girona", "note": "2"}
    northern = client.get("/rules/values/", {"field": "contact.city", "q": "北"}).json()
    assert {row["value"] for row in northern} == {"北京", "北海"}
    assert client.get("/rules/values/?field=contact.email").json() == []


def test_properties_of_an_event_and_their_values_are_offered(client: Client) -> None:
    cast.sign_in(client)
    ann = cast.someone("Ann")
    cast.did(ann, "Looked", path="/prices", minutes=3)
    cast.did(ann, "Looked", path="/blog")
    drain()
    address = "/rules/values/?type=system&event=Looked"
    assert client.get(address).json() == [
        {"value": "path", "type": "text"},
        {"value": "minutes", "type": "number"},
    ]
    assert client.get(f"{address}&prop=path&q=PRI").json() == [
        {"value": "/prices", "note": "1"}
    ]
    assert client.get("/rules/values/?event=Nothing").json() == []


def test_a_rule_is_explained_for_one_person_with_what_is_missing(client: Client) -> None:
    cast.sign_in(client)
    ann = world.person(first_name="Ann", city="Girona")
    score = {"field": "score", "op": "gte", "value": 20}
    rule = {"all": [*GIRONA["all"], {"any": [score]}]}
    posted = {"rule": json.dumps(rule), "contact": ann}
    node = client.post("/rules/explain/", posted).json()["node"]
    assert node["holds"] is False
    city, group = node["parts"]
    assert (city["holds"], city["actual"], city["remedy"]) == (True, "Girona", "")
    assert group["parts"][0]["remedy"] == "20 too few."
    assert client.get("/rules/people/", {"q": "ann"}).json()[0]["value"] == ann
    assert client.post("/rules/explain/", {**posted, "contact": 0}).status_code == 404


def test_a_segment_is_made_changed_explained_and_archived(client: Client) -> None:
    cast.sign_in(client)
    ann = world.person(first_name="Ann", city="Girona")
    made = client.post("/segments/new/", {"name": "In Girona", "rule": json.dumps(GIRONA)})
    segment = Segment.objects.get(key="in-girona")
    assert made["Location"] == f"/segments/{segment.pk}/"
    why = client.get(f"/segments/{segment.pk}/why/?contact={ann}").content.decode()
    assert "holds" in why
    asked = f"/segments/{segment.pk}/why/"
    for text in ("ann", f"#{ann}", f"Ann · ann@example.org (#{ann})"):
        assert "holds" in client.get(asked, {"contact": text}).content.decode(), text
    world.person(first_name="Anna", city="Girona")
    assert "Several people fit" in client.get(asked, {"contact": "ann"}).content.decode()
    assert "Nobody fits" in client.get(asked, {"contact": "zoe"}).content.decode()
    assert "Say who" in client.get(asked, {"contact": " "}).content.decode()
    changed = {"name": "Girona", "rule": json.dumps({**GIRONA})}
    client.post(f"/segments/{segment.pk}/edit/", changed)
    segment.refresh_from_db()
    assert segment.name == "Girona"
    client.post(f"/segments/{segment.pk}/act/", {"act": "archive"})
    assert client.get(f"/segments/{segment.pk}/").status_code == 404


def test_a_segment_with_a_bad_rule_stays_in_the_form(client: Client) -> None:
    cast.sign_in(client)
    rule = json.dumps({"all": [{"field": "contact.city", "op": "gt", "value": 1}]})
    answer = client.post("/segments/new/", {"name": "Odd", "rule": rule})
    assert answer.status_code == 422
    assert 'value="Odd"' in answer.content.decode()
    assert not Segment.objects.exists()


def test_people_are_taken_out_of_a_list(client: Client) -> None:
    company = cast.found(client)
    row = Membership.objects.create(contact_id=company.bob, segment_id=company.static)
    client.post(f"/segments/{company.static}/act/", {"act": "remove", "id": [company.bob]})
    assert not Membership.objects.filter(pk=row.pk).exists()


def test_a_score_rule_shows_what_it_would_change_before_it_is_saved(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", city="Girona")
    rule = {
        "name": "In Girona",
        "bucket": "demographic",
        "points": "60",
        "by": "rule",
        "rule": json.dumps(GIRONA),
        "active": "on",
    }
    shown = client.post("/score/new/", {**rule, "then": "preview"}).content.decode()
    assert "1 become hot" in shown
    assert not ScoreRule.objects.filter(name="In Girona").exists()
    client.post("/score/new/", rule)
    made = ScoreRule.objects.get(name="In Girona")
    client.post(f"/score/{made.pk}/", {"then": "delete"})
    assert not ScoreRule.objects.filter(pk=made.pk).exists()


def test_points_that_are_no_number_are_refused_in_words(client: Client) -> None:
    cast.sign_in(client)
    answer = client.post("/score/new/", {"name": "Odd", "points": "many", "by": "rule"})
    assert answer.status_code == 422
    assert "many is not a whole number." in answer.content.decode()


def test_thresholds_are_saved(client: Client) -> None:
    cast.sign_in(client)
    client.post("/score/", {"warm_from": "25", "hot_from": "70", "cap.engagement": "40"})
    model = ScoreModel.objects.get(default=True)
    assert (model.warm_from, model.hot_from, model.caps) == (25, 70, {"engagement": 40})


def test_stages_are_added_moved_renamed_and_archived(client: Client) -> None:
    cast.sign_in(client)
    client.post("/stages/", {"act": "add", "name": "Trial", "after": "mql", "kind": "open"})
    client.post("/stages/", {"act": "up", "key": "trial"})
    rows = list(Stage.objects.filter(archived_at__isnull=True).order_by("rank"))
    keys = [row.key for row in rows]
    assert keys.index("trial") == keys.index("mql") - 1
    client.post("/stages/trial/", {"name": "Test", "by": "move", "rule": json.dumps(GIRONA)})
    stage = Stage.objects.get(key="trial")
    assert (stage.name, stage.rule) == ("Test", GIRONA)
    client.post("/stages/", {"act": "archive", "key": "trial", "to": "lead"})
    assert Stage.objects.get(key="trial").archived_at is not None
