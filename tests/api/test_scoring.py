"""Score models over the API: groups, drafts, history, outcomes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Program
from tests.scoring.test_calibrate import ended
from tests.world import NOW, did, person, settle, signal
from trellis.core import clock
from trellis.core.days import day_of
from trellis.scoring.models import ScoreModel

pytestmark = pytest.mark.django_db

PAGES = {"name": "Pages", "bucket": "engagement", "points": 5, "signal": "page"}


def model(program: Program) -> dict[str, Any]:
    return program.get("/score-models").json()[0]


def test_several_edits_are_drafted_previewed_and_published(program: Program) -> None:
    page = signal("page")
    ann = person()
    did(ann, page, day_of(clock.now()), 4)
    settle(ann, now=clock.now())
    base = f"/score-models/{model(program)['id']}"
    ref = program.post(f"{base}/draft/rules", PAGES).json()["ref"]
    program.patch(f"{base}/draft", {"hot_from": 20, "warm_from": 5})
    changed = program.call("PUT", f"{base}/draft/rules/{ref}", {**PAGES, "points": 6})
    assert changed.status_code == 200
    assert model(program)["rules"] == []
    impact = program.post(f"{base}/draft/preview").json()
    assert (impact["changed"], impact["become_hot"]) == (1, 1)
    assert impact["people"][0]["why"] == [["Pages", 0, 24]]
    kinds = [edit["kind"] for edit in program.post(f"{base}/draft/publish", {}).json()]
    assert kinds == ["settings", "added"]
    assert [rule["points"] for rule in model(program)["rules"]] == [6]
    assert program.post(f"{base}/draft/publish", {}).status_code == 404


def test_who_writes_over_a_newer_version_is_told_what_differs(program: Program) -> None:
    signal("page")
    base = f"/score-models/{model(program)['id']}/rules"
    rule = program.post(base, PAGES).json()
    path = f"{base}/{rule['id']}"
    program.call("PUT", path, {**PAGES, "points": 7, "version": rule["version"]})
    refused = program.call("PUT", path, {**PAGES, "points": 8, "version": rule["version"]})
    assert refused.status_code == 412
    assert refused.json()["code"] == "changed_meanwhile"
    assert refused.json()["differs"] == {"points": {"theirs": 7, "yours": 8}}


def test_a_second_model_scores_beside_and_both_have_a_history(program: Program) -> None:
    page = signal("page")
    made = program.post("/score-models", {"name": "Shop", "key": "shop", "warm_from": 1})
    assert made.status_code == 201
    program.post(f"/score-models/{made.json()['id']}/rules", PAGES)
    ann = person()
    did(ann, page, day_of(clock.now()), 2)
    settle(ann, now=clock.now())
    scores = {row["key"]: row for row in program.get(f"/contacts/{ann}/scores").json()}
    assert (scores["shop"]["score"], scores["shop"]["temperature"]) == (10, "warm")
    path = f"/contacts/{ann}/score"
    (day,) = program.get(f"{path}/history?model_id={made.json()['id']}").json()
    assert (day["change"], day["crossed"]) == (10, True)
    assert day["done"] == [{"name": "Page", "n": 2}]
    assert program.get(f"{path}/history").json() == []
    told = program.get(f"{path}?model_id={made.json()['id']}").json()
    assert (told["score"], told["model"]) == (10, "Shop")
    assert program.get(f"{path}/history?model_id=999").status_code == 404


def test_models_are_copied_switched_and_deleted(program: Program) -> None:
    base = "/score-models"
    made = program.post(f"{base}/{model(program)['id']}/copy", {"name": "Trial"}).json()
    assert (made["key"], made["active"]) == ("trial", False)
    assert program.post(f"{base}/{made['id']}/switch", {"on": True}).json()["active"]
    group = {"name": "Mail", "bucket": "engagement", "limit": 9}
    changed = program.patch(f"{base}/{made['id']}", {"groups": [group], "most": 90}).json()
    assert (changed["groups"][0]["key"], changed["most"], changed["least"]) == (
        "mail",
        90,
        None,
    )
    assert program.delete(f"{base}/{made['id']}").status_code == 204
    assert program.delete(f"{base}/{model(program)['id']}").status_code == 409
    assert program.post(f"{base}/run/stop").status_code == 204
    assert program.post(f"{base}/run/start").status_code == 204
    assert ScoreModel.objects.get(default=True).progress == 0


def test_the_starter_set_goes_into_a_draft(program: Program) -> None:
    base = f"/score-models/{model(program)['id']}/draft"
    drafted = program.post(f"{base}/starter").json()
    assert len(drafted["edits"]) >= 8
    assert program.post(f"{base}/starter").status_code == 409
    assert program.delete(base).status_code == 204
    assert program.get(base).json()["edits"] == []


def test_outcomes_are_refused_while_they_are_few_and_buyers_shown(program: Program) -> None:
    base = f"/score-models/{model(program)['id']}"
    found = program.get(f"{base}/calibration").json()
    assert "too few" in found["why_not"]
    assert program.post(f"{base}/calibration/apply", {}).status_code == 422
    ended(person(city="Girona", created_at=NOW - timedelta(days=4)), NOW, "won")
    shown = program.get(f"{base}/ideal-buyer").json()
    assert shown["won"] == 1
    assert "contact.city" in {one["key"] for one in shown["dimensions"]}
    assert program.get(f"{base}/ideal-buyer?segment=nothing").status_code == 404
