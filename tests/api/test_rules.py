"""Rules through the API: what they are made of, whether they hold, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.api.conftest import Program
from trellis.pipeline.drain import drain

pytestmark = pytest.mark.django_db

BEIJING = {"all": [{"field": "contact.city", "op": "eq", "value": "北京"}]}


def person(program: Program, **traits: str) -> int:
    made = program.post("/contacts", {"traits": traits})
    assert made.status_code == 201
    drain()
    return int(made.json()["contact_id"])


def test_fields_say_their_choices_and_the_operators_that_fit(program: Program) -> None:
    found = {row["key"]: row for row in program.get("/rules/fields").json()}
    assert "contains" in found["contact.city"]["operators"]
    assert "mql" in [choice["key"] for choice in found["stage"]["choices"]]


def test_a_rule_is_checked_with_every_fault_at_its_place(program: Program) -> None:
    good = program.post("/rules/validate", {"rule": BEIJING}).json()
    assert good == {"valid": True, "sentence": "city is “北京”", "problems": []}
    rule = {
        "any": [{"field": "score", "op": "gte", "value": "x"}, {"field": "nope", "op": "eq"}]
    }
    bad = program.post("/rules/validate", {"rule": rule}).json()
    assert not bad["valid"]
    assert {row["path"] for row in bad["problems"]} == {"any[0].value", "any[1].field"}


def test_a_rule_finds_people_whose_names_need_a_right(
    program: Program, program_with: Callable[[Sequence[str]], Program]
) -> None:
    number = person(program, email="li@example.org", city="北京")
    found = program.post("/rules/preview", {"rule": BEIJING}).json()
    assert (found["n"], found["exact"], found["contact_ids"]) == (1, True, [number])
    assert found["sample"][0]["email"] == "li@example.org"
    weak = program_with(["segments.read"])
    assert weak.post("/rules/preview", {"rule": BEIJING}).json()["sample"] == []
    body = {"rule": BEIJING, "contact_id": number}
    assert weak.post("/rules/explain", body).status_code == 403


def test_a_rule_is_explained_for_one_contact(program: Program) -> None:
    number = person(program, email="li@example.org", city="上海")
    node = program.post("/rules/explain", {"rule": BEIJING, "contact_id": number}).json()
    assert node["holds"] is False
    assert node["parts"][0]["actual"] == "上海"
    assert "北京" in node["parts"][0]["remedy"]
    assert program.post("/rules/explain", {"rule": BEIJING, "contact_id": 1}).status_code == 404


def test_values_that_people_have_are_listed(program: Program) -> None:
    person(program, email="li@example.org", city="上海")
    found = program.get("/rules/values?field=contact.city").json()
    assert {"value": "上海", "n": 1} in found
    assert program.get("/rules/values?field=contact.email").json() == []
    assert program.get("/rules/values?field=nope").status_code == 404


@pytest.mark.parametrize("size", [10**18, 10**400, -(10**400)])
def test_a_number_that_no_column_holds_is_refused(program: Program, size: int) -> None:
    rule = {"any": [{"field": "score", "op": "gte", "value": size}]}
    answer = program.post("/rules/preview", {"rule": rule})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["path"] == "any[0].value"
