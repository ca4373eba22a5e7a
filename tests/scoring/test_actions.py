"""Changing a score model: look first, save, then everybody is scored again (S4, S7)."""

from __future__ import annotations

from datetime import date

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import NOW, did, person, segment, settle, signal, standing
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Forbidden, InvalidInput
from trellis.pipeline import recompute
from trellis.rules.types import RuleError
from trellis.scoring import actions
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.explain import explain
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.segments.models import Membership

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def default() -> int:
    return ScoreModel.objects.get(default=True).pk


def test_a_rule_shows_what_it_would_change_before_it_is_saved() -> None:
    page = signal("page")
    for n in (1, 4, 10):
        did(person(), page, TODAY, n)
    person()
    draft = RuleDraft(name="Pages", bucket="engagement", points=5, signal="page", cap=50)
    found = actions.preview_rule(SYSTEM, default(), draft, NOW)
    assert (found.changed, found.become_hot, found.become_warm) == (3, 1, 1)
    assert (found.total, found.exact) == (4, True)
    assert not ScoreRule.objects.exists()


def test_saving_a_rule_scores_everybody_again() -> None:
    page = signal("page")
    ann, bob = person(), person()
    did(ann, page, TODAY, 4)
    settle(ann, bob)
    held = segment("warm", {"field": "temperature", "op": "in", "value": ["warm", "hot"]})
    draft = RuleDraft(name="Pages", bucket="engagement", points=5, signal="page")
    row = actions.save_rule(SYSTEM, default(), draft)
    asked = ProcrastinateJob.objects.exclude(args__has_key="timestamp")
    assert asked.get().task_name == "pipeline.recompute"
    recompute.recompute()
    assert (standing(ann).score, standing(ann).temperature) == (20, "warm")
    assert standing(bob).score == 0
    assert list(Membership.objects.values_list("contact_id", "segment_id")) == [(ann, held.pk)]
    assert ScoreModel.objects.get(pk=default()).progress == 100

    actions.save_rule(SYSTEM, default(), draft, row.pk)
    assert asked.count() == 1
    actions.delete_rule(SYSTEM, default(), row.pk)
    recompute.recompute()
    assert standing(ann).score == 0
    assert not Membership.objects.exists()


def test_thresholds_are_configurable() -> None:
    page = signal("page")
    ann = person()
    did(ann, page, TODAY)
    actions.save_rule(
        SYSTEM, default(), RuleDraft(name="P", bucket="interest", points=30, signal="page")
    )
    found = actions.preview_model(SYSTEM, default(), ModelDraft(hot_from=30), NOW)
    assert found.become_hot == 1
    actions.save_model(SYSTEM, default(), ModelDraft(hot_from=30))
    settle(ann)
    assert standing(ann).temperature == "hot"


def test_only_the_default_model_fills_the_standings() -> None:
    page = signal("page")
    ann = person()
    did(ann, page, TODAY)
    other = actions.add_model(SYSTEM, ModelDraft(name="Trial"))
    actions.save_rule(
        SYSTEM, other.pk, RuleDraft(name="P", bucket="interest", points=9, signal="page")
    )
    settle(ann)
    assert standing(ann).score == 0
    told = explain(ann, NOW, other.pk)
    assert told is not None
    assert told.score == 9
    actions.make_default(SYSTEM, other.pk)
    settle(ann)
    assert standing(ann).score == 9


def test_the_explanation_lists_each_rule_with_its_points_and_days() -> None:
    page = signal("page")
    ann = person(country="ES")
    did(ann, page, TODAY, 3)
    did(ann, page, date(2026, 11, 18), 1)
    model = default()
    actions.save_rule(
        SYSTEM,
        model,
        RuleDraft(
            name="Pages", bucket="engagement", points=4, signal="page", cap=10, decay_days=10
        ),
    )
    actions.save_rule(
        SYSTEM,
        model,
        RuleDraft(
            name="Spain",
            bucket="demographic",
            points=7,
            rule={"field": "contact.country", "op": "eq", "value": "ES"},
            priority=1,
        ),
    )
    told = explain(ann, NOW)
    assert told is not None
    assert (told.score, told.buckets["engagement"], told.buckets["demographic"]) == (17, 10, 7)
    spain, pages = told.rules
    assert spain.condition is not None
    assert spain.condition.holds
    assert spain.condition.actual == "ES"
    assert (pages.points, pages.uncapped, pages.cap) == (10, 14, 10)
    assert [(d.day, d.n, d.weight) for d in pages.days] == [
        (TODAY, 3, 1.0),
        (date(2026, 11, 18), 1, 0.5),
    ]
    assert "at most 10" in pages.sentence
    assert explain(999_999, NOW) is None


def test_a_score_rule_cannot_read_what_follows_from_it() -> None:
    draft = RuleDraft(
        name="X",
        bucket="interest",
        points=1,
        rule={"field": "temperature", "op": "eq", "value": "hot"},
    )
    with pytest.raises(RuleError):
        actions.save_rule(SYSTEM, default(), draft)


@pytest.mark.parametrize(
    "draft",
    [
        RuleDraft(name="X", bucket="luck", points=1, signal="page"),
        RuleDraft(name="X", bucket="interest", points=1),
        RuleDraft(name=" ", bucket="interest", points=1, signal="page"),
        RuleDraft(name="X", bucket="interest", points=1, signal="nothing"),
        RuleDraft(name="X", bucket="interest", points=1, signal="page", decay_days=0),
        RuleDraft(name="X", bucket="interest", points=10_000_000, signal="page"),
    ],
)
def test_bad_rules_are_refused(draft: RuleDraft) -> None:
    signal("page")
    with pytest.raises(InvalidInput):
        actions.save_rule(SYSTEM, default(), draft)
    assert not ScoreRule.objects.exists()


def test_bad_settings_and_missing_rights_are_refused() -> None:
    for draft in (
        ModelDraft(warm_from=50, hot_from=50),
        ModelDraft(caps={"luck": 1}),
        ModelDraft(grades={"fit": [1, 2]}),
    ):
        with pytest.raises(InvalidInput):
            actions.save_model(SYSTEM, default(), draft)
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset())
    with pytest.raises(Forbidden):
        actions.save_model(nobody, default(), ModelDraft(name="Mine"))
