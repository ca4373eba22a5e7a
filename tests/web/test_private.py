"""Nothing private leaves to who may not see it: every page and every answer is opened."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.web import secret
from trellis.accounts import keys
from trellis.accounts.models import KeyKind
from trellis.accounts.types import RIGHTS, SYSTEM
from trellis.api.app import api
from trellis.web.staff import memo

pytestmark = pytest.mark.django_db

OWN = {
    "attributes-edit": {"key": "attribute"},
    "stages-edit": {"key": "stage"},
    "stages-leads": {"key": "stage"},
    "lines-edit": {"key": "line"},
    "lines-reason": {"key": "line"},
    "lines-question": {"key": "line"},
    "templates-edit": {"key": "template"},
    "templates-test": {"key": "template"},
    "templates-archive": {"key": "template"},
    "/api/v1/attributes/{key}": {"key": "attribute"},
    "/api/v1/tags/{key}": {"key": "tag"},
    "/api/v1/predictions/{key}": {"key": "line"},
    "/api/v1/lines/{key}": {"key": "line"},
    "/api/v1/lines/{key}/reasons/{reason_id}": {"key": "line"},
    "/api/v1/lines/{key}/questions/{question_id}": {"key": "line"},
    "/api/v1/stages/{key}": {"key": "stage"},
    "/api/v1/attributes/{key}/values": {"key": "attribute"},
    "/api/v1/attributes/{key}/renamings": {"key": "attribute"},
    "/api/v1/lines/{key}/reasons": {"key": "line"},
    "/api/v1/lines/{key}/questions": {"key": "line"},
    "/api/v1/stages/{key}/blocked/{contact_id}": {"key": "stage"},
    "/api/v1/templates/{key}": {"key": "template"},
    "/api/v1/templates/{key}/versions": {"key": "template"},
}
"""Parts of addresses that mean another thing on each page."""
OWN_WORDS = "zUlEmA.sEcReToVa@gmail.com"
"""How the reader writes an address; what a page repeats of the question is no leak."""
ASKED = {
    "filters-segment": ["?tag={tag}"],
    "contacts": ["?q=sEcReToVa", "?sort=score", "?kind=all"],
    "events": ["?who=zUlEmA", f"?who={OWN_WORDS}", "?state=refused", "?state=waiting"],
    "messages": ["?find=Secret"],
    "rules-values": ["?field=attr.street", "?event=Form Submitted&type=track&prop=email"],
    "rules-people": ["?q=sEcReToVa"],
    "contacts-timeline": ["?find=zUlEmA"],
    "reports-most-seen": ["?what=clicks"],
    "audit": ["?q=zUlEmA"],
    "attributes": ["?of=company"],
    "/api/v1/rules/values": ["?field=attr.street"],
    "/api/v1/segments/overlap": ["?ids={segment_id},{static}"],
    "/api/v1/contacts": ["?q=sEcReToVa", f"?q={OWN_WORDS}"],
    "/api/v1/companies": ["?q=zUlEmA"],
}
"""Questions in the address, asked besides the plain one (or instead, where one is needed)."""
GUARDED = {
    "contacts-edit",
    "trap",
    "trap-mail",
    "trap-body",
    "trap-raw",
    "imports-faults",
    "/api/v1/trap",
    "/api/v1/trap/{mail_id}/raw",
    "/api/v1/imports/{import_id}/trial",
    "/api/v1/imports/{import_id}/rejected",
}
"""What is nothing without private data: refused as a whole."""
NEEDS = {"filters-segment", "/api/v1/rules/values", "/api/v1/segments/overlap"}
"""Answers only where something is asked."""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    memo.forget()
    yield
    memo.forget()


def pages() -> Iterator[tuple[str, URLPattern]]:
    """Every page of the staff by its name, found in the addresses themselves."""

    def walk(rows: Any) -> Iterator[URLPattern]:
        for row in rows:
            if isinstance(row, URLResolver):
                yield from walk(row.url_patterns)
            else:
                yield row

    for row in walk(get_resolver().url_patterns):
        if row.callback.__module__.startswith("trellis.web.staff"):
            assert row.name, row
            yield row.name, row


def answers() -> Iterator[tuple[str, list[str]]]:
    """Every address of the API that GET answers, with the parts it has."""
    for path, acts in api.get_openapi_schema()["paths"].items():
        if "get" in acts:
            rows = acts["get"].get("parameters", [])
            yield path, [row["name"] for row in rows if row["in"] == "path"]


def parts(name: str, wanted: list[str], known: dict[str, Any]) -> dict[str, Any]:
    own = OWN.get(name, {})
    missing = [part for part in wanted if own.get(part, part) not in known]
    assert not missing, f"{name} needs {missing}: say in tests/web/secret.py what that can be"
    return {part: known[own.get(part, part)] for part in wanted}


def questions(name: str, known: dict[str, Any]) -> list[str]:
    asked = [one.format(**known) for one in ASKED.get(name, [])]
    return asked if name in NEEDS else ["", *asked]


def fault(name: str, address: str, answer: Any) -> str:
    """What is wrong with an answer, "" where nothing is."""
    if name in GUARDED:
        return "" if answer.status_code == 403 else f"{address} is not refused"
    if answer.status_code == 405:  # only takes what is posted
        return ""
    if answer.status_code not in (200, 204, 302):
        return f"{address} answers {answer.status_code}: {answer.content[:300]!r}"
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    said = body.decode(errors="replace") + answer.get("Location", "")
    if "json" in answer.get("Content-Type", "") and body:
        said = json.dumps(json.loads(said), ensure_ascii=False)
    said = re.sub("zUlEmA|sEcReToVa", "", said)
    found = secret.TRACES.search(said)
    if found is None:
        return ""
    around = said[max(0, found.start() - 160) : found.end() + 40]
    return f"{address} shows {found.group()}: …{around}…"


def test_no_page_shows_private_data_to_who_may_not_see_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = secret.found(client)
    secret.reader(client, monkeypatch)
    faults = []
    for name, row in pages():
        wanted = parts(name, list(row.pattern.converters), known)
        path = "/" + str(row.pattern)
        for part, value in wanted.items():
            path = path.replace(
                next(p for p in path.split("/") if p.endswith(f":{part}>")), str(value)
            )
        for asked in questions(name, known):
            for headers in ({}, {"HX-Request": "true"}):
                answer = client.get(path + asked, headers=headers)
                faults.append(fault(name, path + asked, answer))
    assert not any(faults), "\n".join(filter(None, faults))


def test_no_answer_of_the_api_shows_private_data_to_a_key_without_the_scope(
    client: Client,
) -> None:
    known = secret.found(client)
    _key, token = keys.create(
        SYSTEM, KeyKind.API, "Reader", sorted(RIGHTS - {"contacts.see_private"})
    )
    faults = []
    for path, wanted in answers():
        address = path.format(**parts(path, wanted, known))
        for asked in questions(path, known):
            answer = client.get(address + asked, headers={"Authorization": f"Bearer {token}"})
            faults.append(fault(path, address + asked, answer))
    assert not any(faults), "\n".join(filter(None, faults))


SPELLING = [
    {"field": "contact.email", "op": "starts_with", "value": "z"},
    {"field": "contact.email", "op": "regex", "value": "^z"},
    {"field": "contact.phone", "op": "contains", "value": "887"},
    {"field": "contact.last_name", "op": "ends_with", "value": "a"},
    {"field": "contact.last_name", "op": "in", "value": [f"n{n}" for n in range(21)]},
    {"field": "attr.street", "op": "contains", "value": "Amagat"},
    {"field": "attr.private_line", "op": "like", "value": "z*"},
]


def ask(client: Client, method: str, path: str, body: Any, *without: str) -> Any:
    scopes = sorted(RIGHTS - set(without))
    _key, token = keys.create(SYSTEM, KeyKind.API, "Reader", scopes)
    return client.generic(
        method,
        f"/api/v1{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


VEILED = "contacts.see_private"


def test_nobody_is_spelt_out_by_a_rule_wherever_it_is_written(client: Client) -> None:
    known = secret.found(client)
    number = known["segment_id"]
    for rule in [{"none": [leaf]} for leaf in SPELLING] + SPELLING[:1]:
        for method, path, more in (
            ("POST", "/contacts/find", {}),
            ("POST", "/rules/preview", {}),
            ("POST", "/rules/explain", {"contact_id": known["contact_id"]}),
            ("POST", "/segments/preview", {}),
            ("POST", "/segments", {"key": "x", "name": "X"}),
            ("PATCH", f"/segments/{number}", {}),
        ):
            answer = ask(client, method, path, {"rule": rule, **more}, VEILED)
            assert answer.status_code == 403, (path, rule, answer.content)
            assert VEILED in answer.json()["detail"]
            assert answer.json()["problems"][0]["path"].endswith("op")
    found = ask(client, "POST", "/contacts/find", {"rule": SPELLING[0]}).json()
    assert found["n"] > 0


def test_whether_a_field_is_known_and_a_whole_value_may_be_asked(client: Client) -> None:
    secret.found(client)
    for leaf in (
        {"field": "contact.email", "op": "not_empty"},
        {"field": "contact.email", "op": "eq", "value": "zulemasecretova@gmail.com"},
        {"field": "contact.last_name", "op": "in", "value": [secret.NAME]},
    ):
        answer = ask(client, "POST", "/contacts/find", {"rule": leaf}, VEILED)
        assert answer.json()["n"] > 0, leaf
        assert secret.TRACES.search(answer.content.decode()) is None


def test_properties_of_events_spell_nobody_out_either(client: Client) -> None:
    secret.found(client)
    for type_, name, key in (
        ("track", "Call Asked", "prop.email"),
        ("track", "Call Asked", "prop.lastName"),
        ("identify", "Identified", "prop.name"),
    ):
        event = {
            "type": type_,
            "name": name,
            "filter": {"field": key, "op": "contains", "value": "z"},
        }
        rule = {"event": event, "op": "did"}
        answer = ask(client, "POST", "/contacts/find", {"rule": rule}, VEILED)
        assert answer.status_code == 403, (key, answer.content)
        assert answer.json()["problems"][0]["path"] == "event.filter.op"
        body = {"event_type": type_, "event_name": name, "filter": event["filter"]}
        assert ask(client, "POST", "/signals", body, VEILED).status_code == 403, key


def test_a_veiled_value_is_never_saved_in_place_of_the_true_one(client: Client) -> None:
    known = secret.found(client)
    path = f"/segments/{known['segment_id']}"
    seen = ask(client, "GET", path, None, VEILED).json()["rule"]
    assert "•••" in json.dumps(seen, ensure_ascii=False)
    answer = ask(client, "PATCH", path, {"rule": {"any": seen["any"][:1]}}, VEILED)
    assert answer.status_code == 403
    draft = ask(client, "GET", f"/journeys/{known['journey_id']}", None, VEILED).json()
    assert ask(
        client,
        "PUT",
        f"/journeys/{known['journey_id']}/draft",
        {"yaml": draft["draft"] if "draft" in draft else draft["journey"]["draft"]},
        VEILED,
    ).status_code in (403, 405)
    assert ask(client, "GET", path, None).json()["rule"] == secret.RULE


def test_real_values_of_private_fields_are_offered_to_those_only_who_may_see_them(
    client: Client,
) -> None:
    secret.found(client)
    path = "/rules/values?field=attr.street"
    assert ask(client, "GET", path, None, VEILED).json() == []
    assert ask(client, "GET", path, None).json()[0]["value"] == secret.STREET


def test_no_letter_is_filled_or_sent_for_who_may_not_read_it(client: Client) -> None:
    known = secret.found(client)
    preview = {"contact_id": known["contact_id"]}
    assert ask(client, "POST", "/templates/secret/preview", preview, VEILED).status_code == 403
    assert ask(client, "POST", "/templates/secret/preview", {}, VEILED).status_code == 200
    send = {**preview, "to": "me@example.org"}
    assert ask(client, "POST", "/templates/secret/test", send, VEILED).status_code == 403
    assert ask(client, "POST", "/templates/secret/test", send).status_code == 202


def test_the_builder_says_at_its_place_which_right_a_condition_takes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.found(client)
    secret.reader(client, monkeypatch)
    rule = {"all": [SPELLING[0]]}
    answer = client.post("/rules/preview/", {"rule": json.dumps(rule)}).json()
    assert answer["problems"][0]["path"] == "all[0].op"
    assert VEILED in answer["problems"][0]["message"]
    form = {"event": "track:Call Asked", "prop": "email", "op": "starts_with", "value": "z"}
    page = client.post("/signals/matches/", form).content.decode()
    assert secret.TRACES.search(page) is None


def test_mail_about_a_person_says_to_each_reader_what_they_may_see(client: Client) -> None:
    from trellis.accounts.models import Notice, Role, User
    from trellis.messaging import notices
    from trellis.messaging.models import TrapMail

    known = secret.found(client)
    viewer = User.objects.create_user("v@example.org", "a long secret 1", role=Role.VIEWER)
    notice = Notice.objects.get(contact_id=known["contact_id"])
    Notice.objects.create(
        user=viewer,
        at=notice.at,
        cause="d",
        text=notice.text,
        detail=notice.detail,
        contact_id=notice.contact_id,
        mail=True,
    )
    notices.mail_waiting()
    mail = TrapMail.objects.get(recipient="v@example.org")
    assert secret.TRACES.search(mail.subject + bytes(mail.raw).decode()) is None
    assert Notice.objects.get(cause="d").text == notice.text


def test_the_names_of_roles_are_said_in_the_readers_language(client: Client) -> None:
    from django.utils import translation

    from trellis.accounts.models import Role

    english = {role: str(role.label) for role in Role}
    for language in ("es", "ca", "ru", "zh-hans"):
        with translation.override(language):
            same = [role for role in Role if str(role.label) == english[role]]
        assert set(same) <= {Role.SUPERVISOR}, (language, same)
