"""Stages by rule: forward only, for known contacts, with history (L1, L4, L11)."""

from __future__ import annotations

import pytest

from tests.world import NOW, did, person, score_rule, settle, signal, standing
from trellis.leads.models import Lead, Stage, StageMove

pytestmark = pytest.mark.django_db


def stage_of(contact_id: int) -> str:
    lead = Lead.objects.get(contact_id=contact_id)
    return Stage.objects.get(pk=lead.stage_id).key


def test_the_default_phases_stand_in_order() -> None:
    keys = list(Stage.objects.values_list("key", flat=True))
    assert keys == [
        "user",
        "lead",
        "mql",
        "sql",
        "intention",
        "customer",
        "loyal",
        "other",
    ]


def test_a_visitor_is_a_user_without_a_lead() -> None:
    visitor = person(known=False)
    assert settle(visitor) == []
    assert not Lead.objects.filter(contact_id=visitor).exists()
    assert standing(visitor).stage_id == Stage.objects.get(key="user").pk


def test_who_becomes_known_becomes_a_lead() -> None:
    ann = person(email="ann@example.org")
    facts = settle(ann)
    assert stage_of(ann) == "lead"
    assert standing(ann).stage_id == Stage.objects.get(key="lead").pk
    move = StageMove.objects.get(contact_id=ann)
    assert (move.from_stage_id, move.how, move.actor, move.at) == (None, "rule", "system", NOW)
    assert [(f.name, f.props["from"], f.props["to"]) for f in facts] == [
        ("Stage Changed", "", "lead")
    ]
    assert settle(ann) == []


def test_the_highest_stage_whose_rule_holds_wins() -> None:
    page = signal("page-viewed")
    score_rule("engagement", 50, signal_id=page.pk)
    ann = person()
    did(ann, page, NOW.date())
    settle(ann)
    assert stage_of(ann) == "mql"
    assert StageMove.objects.filter(contact_id=ann).count() == 1


def test_rules_never_move_back() -> None:
    page = signal("page-viewed")
    rule = score_rule("engagement", 50, signal_id=page.pk)
    ann = person()
    did(ann, page, NOW.date())
    settle(ann)
    rule.delete()
    settle(ann)
    assert standing(ann).temperature == "cold"
    assert stage_of(ann) == "mql"


def test_a_broken_stage_rule_is_shown_and_moves_nobody() -> None:
    Stage.objects.filter(key="mql").update(rule={"field": "attr.gone", "op": "not_empty"})
    ann = person()
    settle(ann)
    assert stage_of(ann) == "lead"
    assert "attr.gone" in Stage.objects.get(key="mql").rule_broken
