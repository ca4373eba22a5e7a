"""What programs do over the API, noun by noun: through the same actions as the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.api.conftest import Program
from trellis.accounts import keys
from trellis.accounts.types import RIGHTS, SYSTEM
from trellis.api.app import api
from trellis.people.models import Consent
from trellis.pipeline.drain import drain

CITY = {"all": [{"field": "contact.city", "op": "eq", "value": "Beijing"}]}
YAML = """
key: hello
name: Hello
entry:
  - form: contact
steps:
  - {id: pause, wait: {for: 2 days}}
  - {id: bye, exit: {reason: done}}
"""


def person(program: Program, **traits: Any) -> int:
    made = program.post("/contacts", {"traits": traits})
    assert made.status_code == 201, made.content
    return int(made.json()["contact_id"])


def test_a_contact_is_made_read_changed_and_found(program: Program) -> None:
    number = person(program, email="Ann@Example.org", first_name="Ann", plan="gold")
    assert program.get(f"/contacts/{number}").json()["email"] == "ann@example.org"
    changed = program.patch(f"/contacts/{number}", {"traits": {"city": "Beijing"}}).json()
    assert changed["city"] == "Beijing"
    assert changed["attributes"]["plan"] == "gold"
    assert changed["provenance"]["city"]
    found = program.get("/contacts?q=ann%40example").json()["items"]
    assert [row["contact_id"] for row in found] == [number]


def test_the_same_address_never_makes_a_second_contact(program: Program) -> None:
    first = person(program, email="ann@example.org")
    again = program.post("/contacts", {"traits": {"email": " ANN@example.org"}})
    assert again.status_code == 409
    assert again.json()["contact_id"] == first


def test_contacts_are_paged_without_gaps(program: Program) -> None:
    made = {person(program, email=f"p{number}@example.org") for number in range(5)}
    seen: list[int] = []
    cursor = ""
    while True:
        page = program.get(f"/contacts?limit=2&cursor={cursor}").json()
        seen += [row["contact_id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_a_merge_is_done_and_undone(program: Program) -> None:
    one = person(program, email="a@example.org")
    two = person(program, phone="+34600111222")
    merges = program.post(f"/contacts/{one}/merges", {"loser_id": two}).json()
    kinds = {row["kind"] for row in program.get(f"/contacts/{one}/identities").json()}
    assert kinds >= {"email", "phone"}
    assert program.get(f"/contacts/{two}").json()["merged_into"] == one
    undone = program.delete(f"/contacts/{one}/merges/{merges[0]['merge_id']}")
    assert undone.status_code == 200
    assert program.get(f"/contacts/{two}").json()["merged_into"] is None


def test_a_merge_of_somebody_else_is_not_undone_here(program: Program) -> None:
    one = person(program, email="a@example.org")
    assert program.delete(f"/contacts/{one}/merges/99").status_code == 404


def test_a_consent_needs_its_words_and_is_recorded(program: Program) -> None:
    number = person(program, email="a@example.org")
    said = {"purpose": "marketing", "given": True}
    assert program.post(f"/contacts/{number}/consents", said).status_code == 422
    answer = program.post(f"/contacts/{number}/consents", {**said, "wording": "Write to me."})
    assert answer.status_code == 202
    drain()
    assert Consent.objects.get(contact_id=number, given=True).wording == "Write to me."


def test_erasing_needs_its_own_scope_and_leaves_nobody(
    program: Program, program_with: Callable[[Sequence[str]], Program]
) -> None:
    number = person(program, email="gone@example.org")
    weak = program_with(["contacts.read", "contacts.write"])
    assert weak.post(f"/contacts/{number}/erase", {"reason": "asked"}).status_code == 403
    assert program.post(f"/contacts/{number}/erase", {"reason": "asked"}).status_code == 204
    assert program.get("/contacts?q=gone%40example").json()["items"] == []


def test_a_rule_is_counted_and_said_in_words(program: Program) -> None:
    person(program, email="a@example.org", city="Beijing")
    person(program, email="b@example.org", city="Madrid")
    drain()
    found = program.post("/segments/preview", {"rule": CITY}).json()
    assert found["n"] == 1
    assert "Beijing" in found["sentence"]
    assert found["sample"][0]["email"] == "a@example.org"


def test_a_bad_rule_names_the_place_of_its_fault(program: Program) -> None:
    rule = {"all": [{"field": "contact.shoe", "op": "eq", "value": 1}]}
    answer = program.post("/segments/preview", {"rule": rule})
    assert answer.status_code == 422
    assert "all[0]" in answer.json()["detail"]


def test_a_static_segment_takes_and_gives_back_members(program: Program) -> None:
    number = person(program, email="a@example.org")
    made = program.post("/segments", {"key": "vip", "name": "VIP", "kind": "static"}).json()
    path = f"/segments/{made['id']}/members"
    assert program.post(path, {"contact_ids": [number]}).json() == {"changed": 1}
    assert program.get(path).json()["items"][0]["contact_id"] == number
    removed = program.call("DELETE", path, {"contact_ids": [number]})
    assert removed.json() == {"changed": 1}


def test_a_segment_in_use_is_not_archived(program: Program) -> None:
    made = program.post("/segments", {"key": "cn", "name": "CN", "rule": CITY}).json()
    inner = {"all": [{"field": "segment", "op": "in", "value": ["cn"]}]}
    program.post("/segments", {"key": "outer", "name": "Outer", "rule": inner})
    assert program.get(f"/segments/{made['id']}/used-by").json()[0]["name"] == "Outer"
    assert program.delete(f"/segments/{made['id']}").status_code == 409


def test_a_score_rule_is_previewed_saved_and_explained(program: Program) -> None:
    number = person(program, email="a@example.org", city="Beijing")
    drain()
    model = program.get("/score-models").json()[0]["id"]
    rule = {"name": "Beijing", "bucket": "demographic", "points": 2, "rule": CITY}
    impact = program.post(f"/score-models/{model}/rules/preview", rule).json()
    assert impact["changed"] == 1
    saved = program.post(f"/score-models/{model}/rules", rule)
    assert saved.status_code == 201
    shown = program.get(f"/contacts/{number}/score").json()
    assert [(row["name"], row["points"]) for row in shown["rules"] if row["points"]] == [
        ("Beijing", 2)
    ]


def test_going_back_a_stage_needs_a_reason(program: Program) -> None:
    number = person(program, email="a@example.org")
    drain()
    program.post(f"/contacts/{number}/stage", {"to": "sql"})
    back = program.post(f"/contacts/{number}/stage", {"to": "lead"})
    assert back.json().get("contact_ids", []) == [] or back.status_code == 422
    again = program.post(f"/contacts/{number}/stage", {"to": "lead", "reason": "Not yet."})
    assert again.json()["contact_ids"] == [number]


def test_stages_are_added_renamed_and_archived(program: Program) -> None:
    made = program.post("/stages", {"key": "trial", "name": "Trial", "after": "lead"}).json()
    keys_now = [row["key"] for row in made if not row["archived"]]
    assert keys_now.index("trial") == keys_now.index("lead") + 1
    named = program.patch("/stages/trial", {"name": "On trial"}).json()
    assert "On trial" in [row["name"] for row in named]
    assert program.get(f"/stages/trial/blocked/{10**18}").status_code == 404
    assert program.post("/stages/trial/archive", {"to": "lead"}).json() == {"moved": 0}


def test_a_journey_draft_names_its_faults_with_lines(program: Program) -> None:
    answer = program.post("/journeys/check", {"yaml": YAML.replace("2 days", "2 dayz")})
    assert answer.status_code == 422
    assert "dayz" in answer.json()["detail"]
    assert answer.json()["problems"][0]["line"] > 0


def test_a_journey_draft_that_changed_meanwhile_is_not_replaced(program: Program) -> None:
    journey = program.post("/journeys", {"yaml": YAML}).json()
    draft = f"/journeys/{journey['id']}/draft"
    body = {"yaml": YAML.replace("2 days", "3 days"), "revision": journey["revision"]}
    assert program.call("PUT", draft, body).status_code == 200
    answer = program.call("PUT", draft, {**body, "yaml": YAML.replace("2 days", "4 days")})
    assert answer.status_code == 412
    assert answer.json()["version"] == journey["revision"] + 1
    assert "3 days" in answer.json()["differs"]["draft"]["theirs"]


def test_a_journey_is_published_entered_and_balanced(program: Program) -> None:
    number = person(program, email="a@example.org")
    form = program.post("/forms", {"name": "Contact", "consent_text": "Yes."}).json()
    assert program.post(f"/forms/{form['id']}/publish").json()["published"] is True
    journey = program.post("/journeys", {"yaml": YAML}).json()["id"]
    assert program.post(f"/journeys/{journey}/publish").status_code == 201
    assert program.post(
        f"/journeys/{journey}/enrolments", {"contact_ids": [number]}
    ).json() == {"enrolled": 1}
    drain()
    sheet = program.get(f"/journeys/{journey}/balance").json()
    assert sheet["entered"] == 1
    assert sheet["waiting"] == 1
    runs = program.get(f"/journeys/{journey}/enrolments").json()["items"]
    assert runs[0]["step"] == "pause"
    assert program.post(f"/journeys/{journey}/stop").json()["state"] == "stopped"


def test_a_template_is_saved_in_versions_and_rendered(program: Program) -> None:
    content: dict[str, Any] = {
        "name": "Hello",
        "variants": {
            "": {
                "subject": "Hello {{ contact.first_name }}",
                "html": "<p>Hi</p><a href='{{ unsubscribe_url }}'>Stop</a>",
            }
        },
    }
    assert program.call("PUT", "/templates/hello", content).json()["number"] == 1
    assert program.call("PUT", "/templates/hello", content).json()["number"] == 1
    other = {
        **content,
        "variants": {"": {**content["variants"][""], "subject": "Hi {{ contact.first_name }}"}},
    }
    assert program.call("PUT", "/templates/hello", other).json()["number"] == 2
    number = person(program, email="a@example.org", first_name="Ann")
    shown = program.post("/templates/hello/preview", {"contact_id": number}).json()
    assert shown["subject"] == "Hi Ann"


def test_a_template_that_cannot_be_read_is_refused(program: Program) -> None:
    bad = {"name": "Bad", "variants": {"": {"subject": "{{ contact.", "html": "<p>x</p>"}}}
    assert program.call("PUT", "/templates/bad", bad).status_code == 422


def test_a_csv_is_uploaded_tried_and_started(
    program: Program, settings: Any, tmp_path: Path
) -> None:
    settings.TRELLIS_DATA = tmp_path
    _key, token = keys.create(SYSTEM, "api", "Uploader", sorted(RIGHTS))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    file = SimpleUploadedFile("p.csv", b"email,name\nann@example.org,Ann\nnobody,Bo\n")
    made = client.post("/api/v1/imports", {"file": file}).json()
    assert made["mapping"]["email"] == "email"
    trial = program.get(f"/imports/{made['id']}/trial").json()
    assert (trial["accepted"], trial["faults"]) == (1, {"bad_email": 1})
    assert program.post(f"/imports/{made['id']}/start").json()["state"] == "running"
    assert program.post(f"/imports/{made['id']}/start").status_code == 409


def test_a_form_without_consent_text_is_not_published(program: Program) -> None:
    form = program.post("/forms", {"name": "Bare"}).json()
    answer = program.post(f"/forms/{form['id']}/publish")
    assert answer.status_code == 422
    assert "consent" in answer.json()["detail"]


def test_an_equal_signal_is_found_instead_of_made(program: Program) -> None:
    signal = {
        "event_name": "Bought",
        "filter": {"all": [{"field": "prop.sku", "op": "eq", "value": "x"}]},
    }
    first = program.post("/signals", signal).json()
    assert program.post("/signals", signal).json()["id"] == first["id"]


def test_health_names_what_waits(program: Program) -> None:
    health = program.get("/health").json()
    assert health["waiting"] == 0
    assert health["rejected"] == []


def test_the_clock_moves_in_a_sandbox_only(program: Program, settings: Any) -> None:
    settings.TRELLIS_SANDBOX = False
    assert program.post("/clock/advance", {"hours": 1}).status_code == 403


def test_an_unknown_address_answers_a_problem(program: Program) -> None:
    answer = program.get("/nothing/here")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_every_operation_refuses_strangers() -> None:
    client = Client()
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            concrete = path.replace("{key}", "k").replace("{kind}", "email")
            for name in ("contact_id", "merge_id", "message_id", "segment_id", "journey_id"):
                concrete = concrete.replace("{" + name + "}", "1")
            concrete = concrete.replace("{", "").replace("}", "")
            for name in (
                "model_id",
                "rule_id",
                "form_id",
                "import_id",
                "key_id",
                "user_id",
                "enrolment_id",
            ):
                concrete = concrete.replace(name, "1")
            answer = client.generic(method.upper(), concrete)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"


def test_every_operation_names_its_scope() -> None:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            assert "Scope" in operation["description"], f"{method} {path}"
