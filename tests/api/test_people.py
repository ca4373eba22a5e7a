"""Attributes, companies and tags as programs see them."""

from __future__ import annotations

from tests import world
from tests.api.conftest import Program
from trellis.people.models import Contact


def test_an_attribute_is_defined_changed_measured_and_archived(program: Program) -> None:
    made = program.post(
        "/attributes",
        {"key": "size", "type": "number", "unit": "people", "minimum": 1, "maximum": 500},
    )
    assert made.status_code == 201
    assert made.json()["version"] == 1
    world.person(attributes={"size": 12})
    world.person()
    spread = program.get("/attributes/size/values").json()
    assert (spread["total"], spread["filled"], len(spread["bars"])) == (2, 1, 1)
    late = program.patch("/attributes/size", {"label": "Staff", "version": 7})
    assert late.status_code == 412
    assert (
        program.patch("/attributes/size", {"label": "Staff", "version": 1}).json()["version"]
        == 2
    )
    assert program.post("/attributes", {"key": "email", "type": "text"}).status_code == 409
    assert program.delete("/attributes/size").status_code == 204


def test_an_option_is_renamed_by_a_job(program: Program) -> None:
    body = {"key": "level", "type": "choice", "options": ["a", "b"]}
    program.post("/attributes", body)
    done = program.post("/attributes/level/renamings", {"before": "a", "after": "A"})
    assert (done.status_code, done.json()["progress"]) == (202, 0)
    assert program.get("/attributes/level/renamings").json()[0]["after"] == "A"
    again = program.post("/attributes/level/renamings", {"before": "a", "after": "x"})
    assert again.status_code == 404


def test_companies_have_attributes_of_their_own(program: Program) -> None:
    program.post("/attributes?of=company", {"key": "size", "type": "number", "minimum": 1})
    bad = program.post("/companies", {"name": "Forn", "attributes": {"size": 0}})
    assert bad.status_code == 422
    made = program.post(
        "/companies",
        {"name": "Forn", "domains": ["forn.example"], "attributes": {"size": 3}},
    ).json()
    assert (made["domain"], made["attributes"]) == ("forn.example", {"size": 3})
    assert made["provenance"]["size"]["src"].startswith("key:")
    person = world.person()
    Contact.objects.filter(contact_id=person).update(company_id=made["id"])
    assert program.get(f"/companies/{made['id']}/contacts").json() == [person]
    other = program.post("/companies", {"name": "Forn SL"}).json()
    merged = program.post(f"/companies/{made['id']}/merge", {"loser_id": other["id"]})
    assert merged.json()["moved"] == 0
    (row,) = program.get(f"/companies/{made['id']}/merges").json()
    assert (row["loser_id"], row["name"], row["undone_at"]) == (other["id"], "Forn SL", None)
    undo = f"/companies/{made['id']}/merges/{row['merge_id']}"
    assert (
        program.delete(f"/companies/{other['id']}/merges/{row['merge_id']}").status_code == 404
    )
    assert program.delete(undo).json()["merged_into"] is None
    assert program.delete(undo).status_code == 409
    program.post(f"/companies/{made['id']}/merge", {"loser_id": other["id"]})
    assert [row["id"] for row in program.get("/companies?q=forn").json()["items"]] == [
        made["id"]
    ]
    late = program.patch(f"/companies/{made['id']}", {"name": "X", "version": 1})
    assert late.status_code == 412


def test_tags_are_put_on_and_taken_off(program: Program) -> None:
    person = world.person()
    put = program.post("/tags/contacts", {"contact_ids": [person], "add": ["VIP"]})
    assert put.json() == {"changed": 1}
    assert program.get(f"/contacts/{person}").json()["tags"] == ["vip"]
    assert program.patch("/tags/vip", {"colour": "red"}).json()["colour"] == "red"
    assert program.patch("/tags/vip", {"colour": "mud"}).status_code == 422
    assert program.delete("/tags/vip").status_code == 204
    assert program.get("/tags").json() == []


def test_who_may_only_read_changes_nothing(program_with) -> None:  # type: ignore[no-untyped-def]
    reader = program_with(["companies.read", "attributes.read"])
    assert reader.post("/companies", {"name": "X"}).status_code == 403
    assert reader.post("/tags", {"name": "X"}).status_code == 403
    assert reader.post("/tags/contacts", {"contact_ids": [1], "add": ["x"]}).status_code == 403
    assert reader.get("/companies").status_code == 200


def test_domains_become_companies_only_where_somebody_says_so(program: Program) -> None:
    assert program.get("/companies/settings").json()["make"] is False
    assert program.call("PUT", "/companies/settings", {"make": True}).json()["make"]


def test_a_filter_is_kept_read_as_a_rule_changed_and_deleted(program: Program) -> None:
    made = program.post("/filters", {"name": "Hot", "query": {"temperature": "hot"}})
    assert (made.status_code, made.json()["shared"], made.json()["version"]) == (201, True, 1)
    path = f"/filters/{made.json()['id']}"
    assert program.get("/filters").json() == [made.json()] == [program.get(path).json()]
    rule = program.get(f"{path}/rule").json()["rule"]
    assert rule["all"][1] == {"field": "temperature", "op": "eq", "value": "hot"}
    assert program.patch(path, {"name": "Hot ones", "version": 1}).json()["version"] == 2
    late = program.patch(path, {"name": "Warm", "version": 1})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    bad = {"rule": {"all": [{"field": "nothing", "op": "eq", "value": 1}]}}
    assert program.post("/filters", {"name": "Bad", "query": bad}).status_code == 422
    assert program.post("/filters", {"name": "All", "query": {}}).status_code == 422
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404
