"""The worked examples of the requirements, with their exact numbers (S1 to S4, L7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.world import NOW, did, person, score_rule, settle, signal, standing
from trellis.events.models import Signal
from trellis.people.models import Attribute

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture
def read() -> Signal:
    """The model of S2: revenue, WeChat posts read, city."""
    posts = signal("wechat-post-read")
    Attribute.objects.create(key="revenue", label="Revenue (M RMB)", type="number")
    score_rule(
        "demographic",
        10,
        rule={"all": [{"field": "attr.revenue", "op": "gt", "value": 100}]},
    )
    score_rule(
        "interest",
        5,
        rule={
            "field": "signal.wechat-post-read",
            "op": "count_gt",
            "value": 4,
            "within": {"n": 2, "unit": "month"},
        },
    )
    score_rule("demographic", 2, rule={"field": "contact.city", "op": "eq", "value": "Beijing"})
    return posts


def test_all_three_conditions_make_seventeen(read: Signal) -> None:
    li = person(city="beijing", attributes={"revenue": 120})
    did(li, read, TODAY - timedelta(days=10), 5)
    settle(li)
    found = standing(li)
    assert (found.demographic, found.interest, found.engagement) == (12, 5, 0)
    assert found.score == 17
    assert found.temperature == "cold"


def test_exactly_at_the_threshold_earns_nothing(read: Signal) -> None:
    li = person(attributes={"revenue": 100})
    did(li, read, TODAY - timedelta(days=10), 4)
    settle(li)
    assert standing(li).score == 0


def test_a_read_older_than_two_months_no_longer_counts(read: Signal) -> None:
    li = person(city="Beijing", attributes={"revenue": 120})
    did(li, read, date(2026, 9, 24), 1)
    did(li, read, date(2026, 10, 20), 4)
    settle(li)
    assert standing(li).score == 17
    assert standing(li).next_on == date(2026, 11, 24)

    settle(li, now=NOW + timedelta(days=1))
    assert standing(li).score == 12


def test_reads_of_exactly_two_months_ago_are_out(read: Signal) -> None:
    li = person()
    did(li, read, date(2026, 9, 23), 5)
    settle(li)
    assert standing(li).score == 0


def test_forty_five_then_thirty_five_after_unsubscribing() -> None:
    download = signal("e-book-downloaded")
    price = signal("price-list-studied")
    articles = signal("article-block-read")
    left = signal("unsubscribed")
    for bucket, points, what in (
        ("engagement", 10, download),
        ("interest", 20, price),
        ("interest", 15, articles),
        ("engagement", -10, left),
    ):
        score_rule(bucket, points, signal_id=what.pk, cap=abs(points))
    olga = person()
    for what in (download, price, articles):
        did(olga, what, TODAY, 3)
    facts = settle(olga)
    assert standing(olga).score == 45
    assert standing(olga).temperature == "warm"
    assert [f.props["to"] for f in facts if f.name == "Temperature Changed"] == ["warm"]

    did(olga, left, TODAY)
    settle(olga)
    assert standing(olga).score == 35


def test_points_are_given_per_occurrence_up_to_the_cap() -> None:
    page = signal("page-viewed")
    score_rule("engagement", 2, signal_id=page.pk, cap=7)
    ann = person()
    did(ann, page, TODAY, 3)
    settle(ann)
    assert standing(ann).engagement == 6
    did(ann, page, TODAY - timedelta(days=1), 5)
    settle(ann)
    assert standing(ann).engagement == 7


def test_only_occurrences_within_the_window_count() -> None:
    page = signal("page-viewed")
    score_rule("engagement", 1, signal_id=page.pk, window_days=7)
    ann = person()
    did(ann, page, TODAY - timedelta(days=7), 4)
    did(ann, page, TODAY - timedelta(days=6), 2)
    settle(ann)
    assert standing(ann).engagement == 2
    assert standing(ann).next_on == TODAY + timedelta(days=1)


def test_points_fade_linearly_to_zero() -> None:
    price = signal("price-list-studied")
    score_rule("interest", 20, signal_id=price.pk, decay_days=10)
    ann = person()
    did(ann, price, TODAY)
    found = []
    for days in range(0, 12, 2):
        settle(ann, now=NOW + timedelta(days=days))
        found.append(standing(ann).interest)
    assert found == [20, 16, 12, 8, 4, 0]
    assert standing(ann).next_on is None


def test_a_bucket_has_a_cap_of_its_own() -> None:
    page, form = signal("page-viewed"), signal("form-submitted")
    score_rule("engagement", 5, signal_id=page.pk)
    score_rule("engagement", 50, signal_id=form.pk).model.__class__.objects.update(
        caps={"engagement": 60}
    )
    ann = person()
    did(ann, page, TODAY, 10)
    did(ann, form, TODAY)
    settle(ann)
    assert standing(ann).engagement == 60


def test_points_given_by_a_person_count_what_they_say() -> None:
    given = signal("points-given", value_prop="points")
    score_rule("engagement", 1, signal_id=given.pk, per="value")
    ann = person()
    did(ann, given, TODAY, 2, total=25)
    settle(ann)
    assert standing(ann).engagement == 25


def test_thresholds_turn_cold_into_warm_and_hot() -> None:
    page = signal("page-viewed")
    score_rule("engagement", 1, signal_id=page.pk)
    people = {}
    for points in (19, 20, 49, 50):
        people[points] = person()
        did(people[points], page, TODAY, points)
    settle(*people.values())
    found = {points: standing(id_).temperature for points, id_ in people.items()}
    assert found == {19: "cold", 20: "warm", 49: "warm", 50: "hot"}


def test_the_grade_crosses_fit_with_engagement() -> None:
    Attribute.objects.create(key="fit", label="Fit", type="number")
    page = signal("page-viewed")
    score_rule("demographic", 10, rule={"field": "attr.fit", "op": "gte", "value": 1})
    score_rule("demographic", 10, rule={"field": "attr.fit", "op": "gte", "value": 2})
    score_rule("engagement", 1, signal_id=page.pk)
    wanted = {(2, 40): "A1", (2, 39): "A2", (1, 15): "B2", (0, 14): "C3", (0, 40): "C1"}
    for (fit, pages), grade in wanted.items():
        ann = person(attributes={"fit": fit})
        did(ann, page, TODAY, pages)
        settle(ann)
        assert standing(ann).grade == grade


def test_a_broken_rule_freezes_the_score_of_its_model() -> None:
    page = signal("page-viewed")
    score_rule("engagement", 3, signal_id=page.pk)
    ann = person()
    did(ann, page, TODAY, 2)
    settle(ann)
    rule = score_rule("interest", 5, rule={"field": "attr.gone", "op": "not_empty"})
    did(ann, page, TODAY, 5)
    settle(ann)
    assert standing(ann).score == 6
    rule.refresh_from_db()
    assert "attr.gone" in rule.broken
