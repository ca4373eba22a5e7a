"""Score models in the pages: several of them, drafts, and two people at once."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.scoring import drafts
from trellis.scoring.models import ScoreModel, ScoreRule

pytestmark = pytest.mark.django_db

GIRONA = {"all": [{"field": "contact.city", "op": "eq", "value": "Girona"}]}
RULE = {
    "name": "In Girona",
    "bucket": "demographic",
    "points": "60",
    "by": "rule",
    "rule": json.dumps(GIRONA),
    "active": "on",
}


def default() -> ScoreModel:
    return ScoreModel.objects.get(default=True)


def test_a_preview_shows_people_before_and_after_and_why(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", city="Girona")
    shown = client.post("/score/new/", {**RULE, "then": "preview"}).content.decode()
    assert "1 of 1 contacts change" in shown
    assert "Ann" in shown
    assert "In Girona 0 → +60" in shown
    assert '"series"' in shown


def test_edits_gather_in_a_draft_and_are_published_together(client: Client) -> None:
    cast.sign_in(client)
    world.person(first_name="Ann", city="Girona")
    kept = world.score_rule("interest", 3, name="Kept", rule=GIRONA)
    page = f"/score/models/{default().pk}/"
    client.post(f"{page}new/", {**RULE, "then": "keep"})
    client.post(f"{page}r{kept.pk}/", {**RULE, "name": "Kept", "points": "4"})
    client.post(page, {"warm_from": "5", "hot_from": "60", "version": "1"})
    assert list(ScoreRule.objects.values_list("name", "points")) == [("Kept", 3)]
    shown = client.get(page).content.decode()
    assert "Nothing of it counts yet." in shown
    impact = client.get(f"{page}act/").content.decode()
    assert "1 become hot" in impact
    client.post(f"{page}act/", {"act": "publish"})
    assert sorted(ScoreRule.objects.values_list("name", "points")) == [
        ("In Girona", 60),
        ("Kept", 4),
    ]
    assert (default().warm_from, default().draft) == (5, None)


def test_a_draft_is_thrown_away(client: Client) -> None:
    cast.sign_in(client)
    page = f"/score/models/{default().pk}/"
    client.post(f"{page}new/", {**RULE, "then": "keep"})
    client.post(f"{page}act/", {"act": "discard"})
    assert default().draft is None
    assert not ScoreRule.objects.exists()


def test_who_saves_second_sees_what_differs_and_loses_nothing(client: Client) -> None:
    cast.sign_in(client)
    rule = world.score_rule("demographic", 3, name="In Girona", rule=GIRONA)
    client.post(f"/score/{rule.pk}/", {**RULE, "points": "10", "version": "1"})
    second = client.post(f"/score/{rule.pk}/", {**RULE, "points": "20", "version": "1"})
    shown = second.content.decode()
    assert second.status_code == 409
    assert "Ada Byron changed this meanwhile" in shown
    assert 'name="points" inputmode="numeric" value="20"' in shown
    assert 'name="version" value="2"' in shown
    client.post(f"/score/{rule.pk}/", {**RULE, "points": "20", "version": "2"})
    rule.refresh_from_db()
    assert rule.points == 20


def test_the_live_model_changed_under_a_draft_and_publishing_says_so(client: Client) -> None:
    cast.sign_in(client)
    rule = world.score_rule("demographic", 3, name="In Girona", rule=GIRONA)
    page = f"/score/models/{default().pk}/"
    client.post(f"{page}act/", {"act": "begin"})
    client.post(f"{page}r{rule.pk}/", {**RULE, "points": "7"})
    ScoreRule.objects.filter(pk=rule.pk).update(points=5, version=2, changed_by="Bob")
    refused = client.post(f"{page}act/", {"act": "publish"}, follow=True).content.decode()
    assert "Bob changed the live model" in refused
    rule.refresh_from_db()
    assert rule.points == 5
    client.post(f"{page}act/", {"act": "publish", "over": "1"})
    rule.refresh_from_db()
    assert rule.points == 7


def test_models_are_added_copied_switched_and_deleted(client: Client) -> None:
    cast.sign_in(client)
    world.score_rule("demographic", 3, name="In Girona", rule=GIRONA)
    page = f"/score/models/{default().pk}/"
    client.post(f"{page}act/", {"act": "copy"})
    copy = ScoreModel.objects.get(default=False)
    assert (copy.name, copy.active, copy.rules.count()) == ("Copy of Default", False, 1)
    other = f"/score/models/{copy.pk}/"
    client.post(f"{other}act/", {"act": "on"})
    assert ScoreModel.objects.get(pk=copy.pk).active
    settings = {"full": "1", "name": "Shop", "warm_from": "5", "hot_from": "9", "least": "0"}
    group = {"group.key": "", "group.name": "Mail", "group.bucket": "engagement"}
    client.post(other, {**settings, **group, "group.limit": "12"})
    copy.refresh_from_db()
    assert (copy.name, copy.least, copy.groups[0]["limit"]) == ("Shop", 0, 12)
    assert "Shop" in client.get("/score/").content.decode()
    refused = client.post(f"{page}act/", {"act": "off"}, follow=True).content.decode()
    assert "Make another one the default first." in refused
    client.post(f"{other}act/", {"act": "delete"})
    assert not ScoreModel.objects.filter(pk=copy.pk).exists()


def test_a_new_company_is_offered_a_small_set_of_rules(client: Client) -> None:
    cast.sign_in(client)
    page = f"/score/models/{default().pk}/"
    assert "Begin with a small set" in client.get(page).content.decode()
    client.post(f"{page}act/", {"act": "starter"})
    assert not ScoreRule.objects.exists()
    points = {edit.name for edit in drafts.edits(default())}
    assert {"Studied the prices", "Unsubscribed"} <= points
    client.post(f"{page}act/", {"act": "publish"})
    assert ScoreRule.objects.get(name="Unsubscribed").points == -10
    refused = client.post(f"{page}act/", {"act": "starter"}, follow=True).content.decode()
    assert "has rules already" in refused


def test_whoever_may_only_read_changes_nothing(client: Client) -> None:
    cast.sign_in(client, cast.Role.VIEWER)
    page = f"/score/models/{default().pk}/"
    assert client.get(page).status_code == 200
    for address, sent in ((page, {"hot_from": "9"}), (f"{page}act/", {"act": "copy"})):
        assert client.post(address, sent).status_code == 403
    assert ScoreModel.objects.count() == 1
