"""Several models beside each other, groups and limits, history, and companies."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import LazySettings

from tests.world import NOW, did, person, score_rule, segment, settle, signal, standing
from tests.world import members as members_of
from trellis.accounts.types import SYSTEM
from trellis.core import clock, locks
from trellis.core.errors import Conflict, InvalidInput
from trellis.people.models import Contact
from trellis.pipeline import recompute, ticks
from trellis.rules.explain import explain as why
from trellis.rules.parse import parse
from trellis.rules.registry import SCORE, snapshot
from trellis.rules.types import RuleError
from trellis.scoring import actions, companies, history
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.explain import explain
from trellis.scoring.models import Score, ScoreDay, ScoreModel, ScoreRule
from trellis.segments import preview as segments

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def other(key: str = "shop", **settings: object) -> ScoreModel:
    draft = ModelDraft(name=key.title(), key=key, **settings)  # type: ignore[arg-type]  # by name
    return actions.add_model(SYSTEM, draft)


def gives(model: ScoreModel, points: int, what: str, **more: object) -> ScoreRule:
    draft = RuleDraft(name=what, bucket="engagement", points=points, signal=what, **more)  # type: ignore[arg-type]  # by name
    return actions.save_rule(SYSTEM, model.pk, draft)


def default() -> ScoreModel:
    return ScoreModel.objects.get(default=True)


def test_each_model_gives_its_own_score_and_temperature() -> None:
    page, order = signal("page"), signal("order")
    shop = other(warm_from=5, hot_from=10)
    gives(default(), 30, "page")
    gives(shop, 6, "order")
    ann, bob = person(), person()
    did(ann, page, TODAY)
    did(ann, order, TODAY, 2)
    settle(ann, bob)
    assert (standing(ann).score, standing(ann).temperature) == (30, "warm")
    row = Score.objects.get(contact_id=ann, model_id=shop.pk)
    assert (row.score, row.engagement, row.temperature) == (12, 12, "hot")
    assert not Score.objects.filter(contact_id=bob).exists()


def test_rules_read_another_model_in_the_batch_that_derives_it() -> None:
    order = signal("order")
    shop = other(warm_from=5, hot_from=10)
    gives(shop, 6, "order")
    hot = segment("hot", {"field": "score.shop.temperature", "op": "eq", "value": "hot"})
    rich = segment("rich", {"field": "score.shop.total", "op": "gte", "value": 6})
    cold = segment("cold", {"field": "score.shop.engagement", "op": "lt", "value": 1})
    ann, bob = person(), person()
    did(ann, order, TODAY, 2)
    settle(ann, bob)
    assert members_of(hot.key) == members_of(rich.key) == {ann}
    assert members_of(cold.key) == {bob}
    found = segments.preview(
        SYSTEM, {"field": "score.shop.total", "op": "gte", "value": 6}, NOW
    )
    assert list(found.contact_ids) == [ann]


def test_a_score_rule_cannot_read_another_models_score() -> None:
    other()
    rule = {"field": "score.shop.total", "op": "gte", "value": 6}
    with pytest.raises(RuleError):
        actions.save_rule(
            SYSTEM, default().pk, RuleDraft(name="X", bucket="interest", points=1, rule=rule)
        )


def test_a_model_that_is_read_is_not_switched_off_and_the_default_one_never() -> None:
    shop = other()
    held = segment("hot", {"field": "score.shop.temperature", "op": "eq", "value": "hot"})
    with pytest.raises(Conflict, match="Hot"):
        actions.switch_model(SYSTEM, shop.pk, False)
    with pytest.raises(Conflict, match="default"):
        actions.delete_model(SYSTEM, default().pk)
    held.delete()
    actions.switch_model(SYSTEM, shop.pk, False)
    signal("order")
    gives(shop, 6, "order")
    ann = person()
    settle(ann)
    assert not Score.objects.exists()
    actions.delete_model(SYSTEM, shop.pk)
    assert not ScoreRule.objects.filter(model_id=shop.pk).exists()


def test_a_copy_has_the_rules_and_is_switched_off() -> None:
    signal("page")
    gives(default(), 3, "page", cap=9)
    made = actions.copy_model(SYSTEM, default().pk, "Trial")
    (rule,) = made.rules.all()
    assert (made.key, made.active, rule.points, rule.cap) == ("trial", False, 3, 9)


def test_when_another_model_becomes_the_default_both_go_on() -> None:
    page, order = signal("page"), signal("order")
    shop = other()
    gives(default(), 7, "page")
    gives(shop, 11, "order")
    ann = person()
    did(ann, page, TODAY)
    did(ann, order, TODAY)
    settle(ann)
    first = default()
    actions.make_default(SYSTEM, shop.pk)
    recompute.recompute()
    assert standing(ann).score == 11
    assert Score.objects.get(contact_id=ann, model_id=first.pk).score == 7


def test_a_group_limits_its_rules_together_and_the_explanation_says_so() -> None:
    page, mail, order = signal("page"), signal("mail"), signal("order")
    group = {"name": "Clicks", "bucket": "engagement", "limit": 10}
    actions.save_model(SYSTEM, default().pk, ModelDraft(groups=[group], most=40))
    gives(default(), 4, "page", group="clicks")
    gives(default(), 5, "mail", group="clicks")
    gives(default(), 9, "order")
    ann = person()
    did(ann, page, TODAY, 2)
    did(ann, mail, TODAY, 3)
    did(ann, order, TODAY, 1)
    settle(ann)
    assert standing(ann).engagement == 19
    told = explain(ann, NOW)
    assert told is not None
    (limit,) = told.limits
    assert (limit.kind, limit.name, limit.given, limit.counted) == ("group", "Clicks", 23, 10)
    did(ann, order, TODAY, 9)
    settle(ann)
    told = explain(ann, NOW)
    assert told is not None
    assert standing(ann).score == told.score == 40
    assert [limit.kind for limit in told.limits] == ["group", "total"]
    assert sum(rule.points for rule in told.rules) + sum(x.points for x in told.limits) == 40


@pytest.mark.parametrize(
    "group",
    [
        {"name": "", "bucket": "engagement", "limit": 3},
        {"name": "A", "bucket": "luck", "limit": 3},
        {"name": "A", "bucket": "interest", "limit": 0},
        {"name": "A", "bucket": "interest"},
    ],
)
def test_odd_groups_are_refused(group: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        actions.save_model(SYSTEM, default().pk, ModelDraft(groups=[group]))


def test_a_rule_joins_only_a_group_of_its_bucket_and_leaves_one_that_is_gone() -> None:
    signal("page")
    group = {"name": "Clicks", "bucket": "engagement", "limit": 10}
    actions.save_model(SYSTEM, default().pk, ModelDraft(groups=[group]))
    with pytest.raises(InvalidInput):
        actions.save_rule(
            SYSTEM,
            default().pk,
            RuleDraft(name="P", bucket="interest", points=1, signal="page", group="clicks"),
        )
    rule = gives(default(), 4, "page", group="clicks")
    actions.save_model(SYSTEM, default().pk, ModelDraft(groups=[]))
    rule.refresh_from_db()
    assert rule.group == ""


def test_history_is_written_on_days_on_which_a_score_changed_and_only_then() -> None:
    page, order = signal("page"), signal("order")
    shop = other()
    gives(default(), 10, "page", window_days=7)
    gives(shop, 5, "order")
    ann, bob = person(), person()
    did(ann, page, TODAY, 2)
    settle(ann, bob)
    settle(ann, bob)
    did(ann, page, TODAY, 1)
    settle(ann)
    settle(ann, now=NOW + timedelta(days=3))
    did(ann, order, TODAY)
    settle(ann, now=NOW + timedelta(days=4))
    settle(ann, now=NOW + timedelta(days=7))
    rows = ScoreDay.objects.order_by("model_id", "day")
    assert [(r.contact_id, r.model_id, r.day, r.score, r.temperature) for r in rows] == [
        (ann, default().pk, TODAY, 30, "warm"),
        (ann, default().pk, TODAY + timedelta(days=7), 0, "cold"),
        (ann, shop.pk, TODAY + timedelta(days=4), 5, "cold"),
    ]


def company_people(company: int, *points: int) -> list[int]:
    found = []
    for n in points:
        number = person(company_id=company, city="Girona", attributes={"n": n})
        did(number, signals["page"], TODAY, n)
        found.append(number)
    return found


signals: dict[str, object] = {}


@pytest.mark.parametrize(("way", "score"), [("max", 30), ("sum", 42), ("avg", 14)])
def test_a_company_is_scored_from_its_people(way: str, score: int) -> None:
    signals["page"] = signal("page")
    gives(default(), 1, "page")
    actions.save_model(SYSTEM, default().pk, ModelDraft(company_by=way))
    people = company_people(5, 2, 10, 30)
    settle(*people)
    assert companies.score_of(5) is None
    assert ticks.score_companies(NOW) == 1
    found = companies.score_of(5)
    assert found is not None
    assert (found.score, found.people, found.hot) == (score, 3, 0)
    assert ticks.score_companies(NOW) == 0


def test_who_moves_to_another_company_counts_there_from_then_on() -> None:
    signals["page"] = signal("page")
    gives(default(), 1, "page")
    ann, bob = company_people(5, 10, 30)
    settle(ann, bob)
    ticks.score_companies(NOW)
    Contact.objects.filter(pk=bob).update(company_id=6)
    settle(bob)
    assert ticks.score_companies(NOW) == 2
    scores = companies.scores_of([5, 6])
    assert {key: row.score for key, row in scores.items()} == {5: 10, 6: 30}
    Contact.objects.filter(pk=ann).update(company_id=None)
    settle(ann)
    ticks.score_companies(NOW)
    assert companies.score_of(5) is None


def test_a_rule_over_the_score_of_a_company_follows_it() -> None:
    signals["page"] = signal("page")
    gives(default(), 1, "page")
    segment("firm", {"field": "company.score", "op": "gte", "value": 30})
    ann, bob = company_people(5, 2, 10)
    settle(ann, bob)
    ticks.score_companies(NOW)
    ticks.windows(NOW)
    assert members_of("firm") == set()
    did(bob, signals["page"], TODAY, 25)
    settle(bob)
    ticks.score_companies(NOW)
    assert ticks.windows(NOW) == 2, "the score of the company wakes all of its people"
    assert members_of("firm") == {ann, bob}
    below = {"field": "company.score", "op": "lt", "value": 30}
    told = why(parse(below, snapshot()), ann, NOW)
    assert (told.holds, told.actual) == (False, 35)
    with pytest.raises(RuleError):
        parse({"field": "company.score", "op": "gt", "value": 1}, snapshot(), level=SCORE)


def test_another_way_of_scoring_companies_wakes_their_people() -> None:
    signals["page"] = signal("page")
    gives(default(), 1, "page")
    segment("firm", {"field": "company.score", "op": "gte", "value": 12})
    people = company_people(5, 2, 10)
    settle(*people)
    ticks.score_companies(NOW)
    ticks.windows(NOW)
    actions.save_model(SYSTEM, default().pk, ModelDraft(company_by="sum"))
    recompute.recompute()
    ticks.windows(clock.now())
    assert members_of("firm") == set(people)


def test_scoring_everybody_can_be_stopped_and_started(monkeypatch: pytest.MonkeyPatch) -> None:
    page = signal("page")
    gives(default(), 1, "page")
    people = [person() for _ in range(3)]
    for one in people:
        did(one, page, TODAY)
    monkeypatch.setattr(recompute, "FIRST", 1)
    first = recompute._chunk

    def stop_after_one(*args: object) -> None:
        first(*args)  # type: ignore[arg-type]  # handed on as they came
        actions.stop_scoring(SYSTEM)

    monkeypatch.setattr(recompute, "_chunk", stop_after_one)
    locks.forget_definitions()
    ScoreModel.objects.update(progress=0)
    recompute.recompute()
    found = default()
    assert found.stopped
    assert found.progress < 100
    assert [standing(one).score for one in people] == [1, 0, 0]
    monkeypatch.setattr(recompute, "_chunk", first)
    actions.start_scoring(SYSTEM)
    recompute.recompute()
    assert [standing(one).score for one in people] == [1, 1, 1]
    assert (default().progress, default().stopped) == (100, False)


def test_what_changed_meanwhile_is_not_written_over() -> None:
    signal("page")
    score_rule("interest", 1)
    rule = gives(default(), 4, "page")
    draft = RuleDraft(name="page", bucket="engagement", points=5, signal="page")
    actions.save_rule(SYSTEM, default().pk, draft, rule.pk, version=1)
    mine = RuleDraft(name="page", bucket="engagement", points=6, signal="page")
    with pytest.raises(Conflict) as refused:
        actions.save_rule(SYSTEM, default().pk, mine, rule.pk, version=1)
    assert refused.value.data["differs"] == {"points": {"theirs": 5, "yours": 6}}
    with pytest.raises(Conflict):
        actions.save_model(SYSTEM, default().pk, ModelDraft(hot_from=99), version=0)
    actions.save_rule(SYSTEM, default().pk, mine, rule.pk, version=2)
    rule.refresh_from_db()
    assert rule.points == 6


def test_old_days_of_scores_are_forgotten_but_what_held_then(settings: LazySettings) -> None:
    settings.TRELLIS_SCORE_DAYS = 30
    ann, model = person(), default().pk
    days = [NOW.date() - timedelta(days=ago) for ago in (90, 60, 40, 30, 10)]
    for place, day in enumerate(days):
        parts = {"demographic": place, "interest": 0, "engagement": 0, "score": place}
        ScoreDay.objects.create(
            contact_id=ann, model_id=model, day=day, temperature="cold", **parts
        )
    ScoreDay.objects.filter(day=days[3]).delete()
    history.thin(NOW.date())
    kept = ScoreDay.objects.order_by("day").values_list("day", flat=True)
    assert list(kept) == [days[2], days[4]]
