"""Two programs change the same thing: the second learns who was quicker, and what differs.

Every call that changes or takes away one object is found in the description of the API: it
heeds ``If-Match``, or stands in ``WHOLE`` with the reason why nothing can be overwritten there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import Program
from trellis.accounts.actions import add_user
from trellis.accounts.types import SYSTEM
from trellis.api.app import api

YAML = "key: hello\nname: {}\nentry:\n  - form: contact\nsteps:\n  - {{id: bye, exit: {{}}}}\n"
RULE = {"name": "Pages", "points": 5, "rule": {"all": [{"field": "contact.known", "op": "eq", "value": True}]}}  # fmt: skip

WHOLE = {
    "DELETE /contacts/{contact_id}/identities": "takes away one named value",
    "DELETE /contacts/{contact_id}/merges/{merge_id}": "is undone once",
    "DELETE /companies/{company_id}/merges/{merge_id}": "is undone once",
    "DELETE /segments/{segment_id}/members": "takes away named members",
    "DELETE /journeys/{journey_id}/enrolments": "takes away named runs",
    "PUT /lines/order": "names every line",
    "PUT /stages/order": "names every stage",
    "PUT /leads/{contact_id}/qualification": "changes the answers that it names",
    "PUT /duplicates/{contact_id}/{other_id}/apart": "says one thing about two contacts",
    "DELETE /duplicates/{contact_id}/{other_id}/apart": "takes that one thing back",
    "PUT /imports/{import_id}": "belongs to whoever uploads it",
    "DELETE /predictions/{key}": "switches off, whatever was learnt meanwhile",
}
"""Calls without versions, and why."""


@dataclass(frozen=True, kw_only=True)
class Noun:
    """Something that is edited: how to make one (returns its path), what two people write,
    and where it is read and changed."""

    make: Callable[[Program], str]
    mine: dict[str, Any]
    theirs: dict[str, Any]
    method: str = "PATCH"
    change: str = ""
    by_body: bool = True


def _made(path: str, body: dict[str, Any], key: str = "id") -> Callable[[Program], str]:
    def make(program: Program) -> str:
        answer = program.post(path, body)
        assert answer.status_code == 201, answer.content
        return f"{path}/{answer.json()[key]}"

    return make


def _first(path: str, key: str = "id") -> Callable[[Program], str]:
    return lambda program: f"{path}/{program.get(path).json()[0][key]}"


def _template(program: Program) -> str:
    program.call("PUT", "/templates/hello", _letter("First"))
    return "/templates/hello"


def _letter(name: str) -> dict[str, Any]:
    part = {"subject": "Hello", "html": '<p><a href="{{ unsubscribe_url }}">Out</a></p>'}
    return {"name": name, "variants": {"": part}}


def _draft(program: Program) -> str:
    path = f"{_first('/score-models')(program)}/draft"
    program.post(path)
    return path


def _rule(program: Program) -> str:
    path = _first("/score-models")(program)
    return f"{path}/rules/{program.post(f'{path}/rules', RULE).json()['id']}"


def _user(_program: Program) -> str:
    user = add_user(
        SYSTEM, "bo@example.org", name="Bo", role="viewer", password="apple-tree-9-x"
    )
    return f"/users/{user.pk}"


def _key(program: Program) -> str:
    made = program.post("/keys", {"kind": "write", "name": "Site"}).json()
    return f"/keys/{made['id']}"


NAMED = {"mine": {"name": "Mine"}, "theirs": {"name": "Theirs"}}
SIGNAL = {"event_name": "Bought"}
STEPS = [{"stage": "user"}, {"stage": "lead"}]
NOUNS = {
    "/contacts/{contact_id}": Noun(
        make=_made("/contacts", {"traits": {"email": "ann@example.org"}}, "contact_id"),
        mine={"traits": {"city": "Girona"}},
        theirs={"traits": {"city": "Reus"}},
    ),
    "/companies/{company_id}": Noun(make=_made("/companies", {"name": "Farina"}), **NAMED),
    "/companies/settings": Noun(
        make=lambda _program: "/companies/settings",
        mine={"make": False},
        theirs={"make": True},
        method="PUT",
    ),
    "/attributes/{key}": Noun(
        make=_made("/attributes", {"key": "size", "type": "text"}, "key"),
        mine={"label": "Mine"},
        theirs={"label": "Theirs"},
    ),
    "/tags/{key}": Noun(make=_made("/tags", {"name": "vip"}, "key"), **NAMED),
    "/enrichment/{source_id}": Noun(
        make=_made("/enrichment", {"kind": "phone_check", "name": "Phones"}), **NAMED
    ),
    "/segments/{segment_id}": Noun(
        make=_made("/segments", {"key": "dear", "name": "Dear", "kind": "static"}), **NAMED
    ),
    "/signals/{signal_id}": Noun(make=_made("/signals", SIGNAL), **NAMED),
    "/score-models/{model_id}": Noun(make=_first("/score-models"), **NAMED),
    "/score-models/{model_id}/rules/{rule_id}": Noun(
        make=_rule, mine=RULE | {"points": 6}, theirs=RULE | {"points": 7}, method="PUT"
    ),
    "/score-models/{model_id}/draft": Noun(make=_draft, **NAMED),
    "/lines/{key}": Noun(make=_first("/lines", "key"), method="PUT", **NAMED),
    "/lines/{key}/reasons/{reason_id}": Noun(
        make=lambda program: _made(
            f"{_first('/lines', 'key')(program)}/reasons", {"kind": "lost", "name": "Price"}
        )(program),
        mine={"kind": "lost", "name": "Mine"},
        theirs={"kind": "lost", "name": "Theirs"},
        method="PUT",
    ),
    "/lines/{key}/questions/{question_id}": Noun(
        make=lambda program: _made(
            f"{_first('/lines', 'key')(program)}/questions", {"text": "Budget?", "kind": "text"}
        )(program),
        mine={"text": "Mine?", "kind": "text"},
        theirs={"text": "Theirs?", "kind": "text"},
        method="PUT",
    ),
    "/stages/{key}": Noun(make=_first("/stages", "key"), **NAMED),
    "/journeys/{journey_id}/draft": Noun(
        make=_made("/journeys", {"yaml": YAML.format("First")}),
        mine={"yaml": YAML.format("Mine")},
        theirs={"yaml": YAML.format("Theirs")},
        method="PUT",
        change="/draft",
    ),
    "/templates/{key}": Noun(
        make=_template, mine=_letter("Mine"), theirs=_letter("Theirs"), method="PUT"
    ),
    "/messages/policy": Noun(
        make=lambda _program: "/messages/policy",
        mine={"cap_count": 3},
        theirs={"cap_count": 4},
    ),
    "/forms/{form_id}": Noun(make=_made("/forms", {"name": "Contact"}), **NAMED),
    "/reports/funnels/{funnel_id}": Noun(
        make=_made("/reports/funnels", {"name": "Way", "steps": STEPS}),
        mine={"name": "Mine", "steps": STEPS},
        theirs={"name": "Theirs", "steps": STEPS},
        method="PUT",
    ),
    "/filters/{filter_id}": Noun(
        make=_made("/filters", {"name": "Hot", "query": {"temperature": "hot"}}), **NAMED
    ),
    "/keys/{key_id}/tracking": Noun(
        make=lambda program: f"{_key(program)}/tracking", mine={"read": 3}, theirs={"read": 4}
    ),
    "/users/{user_id}": Noun(make=_user, mine={"role": "sales"}, theirs={"role": "sdr"}),
}
GONE_ONLY = {
    "/keys/{key_id}": "a key has no page of its own that changes it",
    "/score-models/{model_id}/draft/rules/{ref}": "the answer is a list; see test_scoring",
    "/score-models/{model_id}": "the only model stays",
}


def _changing() -> dict[str, dict[str, Any]]:
    found = {}
    for path, calls in api.get_openapi_schema()["paths"].items():
        for method, call in calls.items():
            if method in ("patch", "put", "delete"):
                found[f"{method.upper()} {path.removeprefix('/api/v1')}"] = call
    return found


def test_every_call_that_changes_one_object_heeds_versions() -> None:
    without = {
        name
        for name, call in _changing().items()
        if all(row["name"] != "If-Match" for row in call.get("parameters", []))
    }
    assert without == set(WHOLE)
    heeding = {name.partition(" ")[2] for name in _changing() if name not in WHOLE}
    assert heeding == set(NOUNS) | set(GONE_ONLY)


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_the_second_of_two_changes_is_refused_with_what_differs(
    program: Program, noun: Noun
) -> None:
    path = noun.make(program)
    change = path + noun.change
    tag = program.get(path).headers["ETag"]
    assert (
        program.call(noun.method, change, noun.theirs, **{"If-Match": tag}).status_code == 200
    )
    now = program.get(path).headers["ETag"]
    assert now != tag
    refused = program.call(noun.method, change, noun.mine, **{"If-Match": tag})
    assert refused.status_code == 412, refused.content
    told = refused.json()
    assert (told["code"], f'"{told["version"]}"') == ("changed_meanwhile", now)
    assert told["by"]
    assert told["differs"]
    assert all({"theirs", "yours"} == pair.keys() for pair in told["differs"].values())
    counted = {"version": int(tag.strip('"'))}
    assert program.call(noun.method, change, noun.mine | counted).status_code == 412
    again = program.call(noun.method, change, noun.theirs, **{"If-Match": tag})
    assert again.status_code == 200, "what stands already is no conflict"
    now = program.get(path).headers["ETag"]
    assert program.call(noun.method, change, noun.mine, **{"If-Match": now}).status_code == 200
    assert (
        program.call(noun.method, change, noun.theirs, **{"If-Match": "*"}).status_code == 200
    )


@pytest.mark.parametrize(
    "name",
    [name for name in NOUNS if f"DELETE {name}" in _changing() and name not in GONE_ONLY],
)
def test_what_somebody_changed_is_not_taken_away_unseen(program: Program, name: str) -> None:
    noun = NOUNS[name]
    path = noun.make(program)
    tag = program.get(path).headers["ETag"]
    program.call(noun.method, path, noun.theirs)
    refused = program.call("DELETE", path, **{"If-Match": tag})
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    now = program.get(path).headers["ETag"]
    assert program.call("DELETE", path, **{"If-Match": now}).status_code == 204


def test_a_key_is_revoked_only_as_it_was_seen(program: Program) -> None:
    path = _key(program)
    tag = program.get(path).headers["ETag"]
    assert program.call("DELETE", path, **{"If-Match": 'W/"1"'}).status_code == 412
    assert program.call("DELETE", path, **{"If-Match": tag}).status_code == 200


def test_several_tags_are_refused(program: Program) -> None:
    path = _key(program)
    assert program.call("DELETE", path, **{"If-Match": '"1", "2"'}).status_code == 422
