"""Keys over the API, and how the API answers those it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from django.test import Client

from tests.api.conftest import Program
from trellis.accounts import keys
from trellis.accounts.types import SYSTEM
from trellis.api.models import IdempotentCall


def test_the_token_of_an_api_key_is_shown_once(program: Program) -> None:
    made = program.post("/keys", {"kind": "api", "name": "Shop", "scopes": ["contacts.read"]})
    assert made.status_code == 201
    assert made.json()["token"].startswith("ak_")
    listed = {row["id"]: row for row in program.get("/keys").json()}
    assert listed[made.json()["id"]]["token"] == ""


def test_tracking_settings_are_read_and_changed_in_part(program: Program) -> None:
    key = program.post("/keys", {"kind": "write", "name": "Site"}).json()["id"]
    where = f"/keys/{key}/tracking"
    first = program.get(where).json()
    assert (first["consent"], first["sites"], first["read"]) == ("opt_out", [], 8)
    wanted = {"consent": "opt_in", "clicks": [[".buy", "Buy"]], "domain": "x.org"}
    second = program.patch(where, {**wanted, "version": first["version"]}).json()
    assert second["version"] == first["version"] + 1
    assert {name: second[name] for name in wanted} == wanted
    third = program.patch(where, {"sites": ["www.x.org"]}).json()
    assert (third["consent"], third["sites"]) == ("opt_in", ["www.x.org"])


def test_tracking_settings_are_refused_with_a_reason(
    program: Program, program_with: Callable[[Sequence[str]], Program]
) -> None:
    key = program.post("/keys", {"kind": "write", "name": "Site"}).json()["id"]
    where = f"/keys/{key}/tracking"
    program.patch(where, {"read": 3})
    late = program.patch(where, {"read": 5, "version": 1})
    assert (late.status_code, late.json()["differs"]) == (
        412,
        {"read": {"theirs": 3, "yours": 5}},
    )
    for wrong in ({"sites": ["https://x.org/a"]}, {"off": ["everything"]}, {"read": -1}):
        assert program.patch(where, wrong).status_code == 422
    assert program_with(["contacts.read"]).get(where).status_code == 403
    api = program.post("/keys", {"kind": "api", "name": "A", "scopes": []}).json()["id"]
    assert program.get(f"/keys/{api}/tracking").status_code == 404


def test_a_revoked_key_opens_nothing(program: Program) -> None:
    made = program.post(
        "/keys", {"kind": "api", "name": "Old", "scopes": ["keys.manage"]}
    ).json()
    old = Program(made["token"])
    assert old.get("/keys").status_code == 200
    assert program.delete(f"/keys/{made['id']}").json()["revoked_at"]
    assert old.get("/keys").status_code == 401


def test_a_key_cannot_give_a_scope_it_lacks(
    program_with: Callable[[Sequence[str]], Program],
) -> None:
    narrow = program_with(["keys.manage"])
    answer = narrow.post("/keys", {"kind": "api", "name": "Wide", "scopes": ["contacts.read"]})
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_without_a_key_the_answer_says_how_to_send_one(client: Client, db: None) -> None:
    answer = client.get("/api/v1/keys")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json()["detail"]


def test_a_write_key_is_no_api_key(client: Client, db: None) -> None:
    _key, token = keys.create(SYSTEM, "write", "Site")
    assert Program(token).get("/keys").status_code == 401


def test_a_missing_scope_is_named(program_with: Callable[[Sequence[str]], Program]) -> None:
    answer = program_with(["contacts.read"]).get("/users")
    assert answer.status_code == 403
    assert answer.json()["right"] == "users.manage"


def test_bad_input_names_the_field(program: Program) -> None:
    answer = program.post("/keys", {"kind": "api"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "body.body.name"


def test_an_unknown_id_is_not_found(program: Program) -> None:
    answer = program.delete("/keys/999999")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_repeated_call_with_its_key_is_done_once(program: Program) -> None:
    body = {"kind": "write", "name": "Once"}
    first = program.post("/keys", body, **{"Idempotency-Key": "k1"})
    second = program.post("/keys", body, **{"Idempotency-Key": "k1"})
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert [row["name"] for row in program.get("/keys").json()].count("Once") == 1


def test_an_idempotency_key_belongs_to_one_body(program: Program) -> None:
    program.post("/keys", {"kind": "write", "name": "One"}, **{"Idempotency-Key": "k2"})
    other = program.post("/keys", {"kind": "write", "name": "Two"}, **{"Idempotency-Key": "k2"})
    assert other.status_code == 422
    assert other.json()["code"] == "key_reused"


def test_a_call_that_still_runs_is_not_done_again(program: Program) -> None:
    body = {"kind": "write", "name": "Slow"}
    program.post("/keys", body, **{"Idempotency-Key": "k3"})
    IdempotentCall.objects.filter(key="k3").update(status=0)
    again = program.post("/keys", body, **{"Idempotency-Key": "k3"})
    assert again.status_code == 409
    assert again.json()["code"] == "running"


def test_the_audit_trail_is_paged_newest_first(program: Program) -> None:
    for number in range(3):
        program.post("/keys", {"kind": "write", "name": f"Key {number}"})
    first = program.get("/audit?limit=2").json()
    rest = program.get(f"/audit?limit=2&cursor={first['next_cursor']}").json()
    summaries = [row["summary"] for row in first["items"] + rest["items"]]
    assert summaries[:3] == ["write key Key 2", "write key Key 1", "write key Key 0"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "9" * 300])
def test_a_made_up_cursor_is_refused(program: Program, cursor: str) -> None:
    answer = program.get(f"/audit?cursor={cursor}")
    assert answer.status_code == 422


def test_users_are_added_and_changed(program: Program) -> None:
    made = program.post(
        "/users",
        {
            "email": "Ann@Example.org",
            "name": "Ann",
            "role": "sales",
            "password": "a long secret 1",
        },
    )
    assert made.status_code == 201
    assert made.json()["email"] == "ann@example.org"
    changed = program.patch(f"/users/{made.json()['id']}", {"role": "marketer"})
    assert changed.json()["role"] == "marketer"
    twice = program.post(
        "/users", {"email": "ann@example.org", "password": "a long secret 1", "role": "sales"}
    )
    assert twice.status_code == 409
