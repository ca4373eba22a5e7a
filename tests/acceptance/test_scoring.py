"""S1 to S4 and S7, with the numbers of the requirements."""

from __future__ import annotations

import pytest

from tests.acceptance.farina import Farina, all_of, event, unsubscribe_address

MONTHS = {"n": 2, "unit": "month"}
REVENUE = "Annual revenue above 100 M"
POSTS = "Read more than 4 posts"
BEIJING = "Based in Beijing"


@pytest.fixture
def buckets(bare: Farina) -> Farina:
    """The model of S2: one rule in each bucket."""
    bare.score_rule(
        REVENUE,
        "demographic",
        10,
        rule=all_of({"field": "attr.annual_revenue", "op": "gt", "value": 100_000_000}),
        priority=1,
    )
    bare.score_rule(
        POSTS,
        "engagement",
        5,
        rule=all_of(
            {"event": event("WeChat Post Read"), "op": "count_gt", "value": 4, "within": MONTHS}
        ),
        priority=2,
    )
    bare.score_rule(
        BEIJING,
        "interest",
        2,
        rule=all_of({"field": "contact.city", "op": "eq", "value": "Beijing"}),
        priority=3,
    )
    bare.settle()
    return bare


@pytest.fixture(autouse=True)
def _revenue_is_a_number(bare: Farina) -> None:
    bare.post("/attributes", key="annual_revenue", label="Annual revenue", type="number")


def read_posts(company: Farina, user: str, n: int) -> None:
    for _ in range(n):
        company.track(user, "WeChat Post Read")


def test_s1_the_total_is_the_sum_of_three_buckets_in_order_of_priority(buckets):
    buckets.identify(
        "wei", email="wei@mail.example", annual_revenue=2e8, address={"city": "Beijing"}
    )
    read_posts(buckets, "wei", 5)
    buckets.settle()
    why = buckets.why("wei@mail.example")
    assert why.buckets == {"demographic": 10, "interest": 2, "engagement": 5}
    assert sum(why.buckets.values()) == buckets.score("wei@mail.example")
    assert [row.name for row in why.rules if row.points] == [REVENUE, POSTS, BEIJING]


def test_s2_revenue_posts_and_city_make_17(buckets):
    buckets.identify(
        "wei", email="wei@mail.example", annual_revenue=100_000_001, address={"city": "Beijing"}
    )
    read_posts(buckets, "wei", 5)
    buckets.settle()
    assert buckets.score("wei@mail.example") == 17


def test_s2_exactly_at_the_threshold_earns_nothing(buckets):
    buckets.identify(
        "lan",
        email="lan@mail.example",
        annual_revenue=100_000_000,
        address={"city": "Shanghai"},
    )
    read_posts(buckets, "lan", 4)
    buckets.settle()
    assert buckets.score("lan@mail.example") == 0
    assert buckets.points("lan@mail.example") == {}


def test_s2_a_read_older_than_two_months_no_longer_counts(buckets):
    buckets.identify("wei", email="wei@mail.example", annual_revenue=2e8)
    read_posts(buckets, "wei", 5)
    buckets.settle()
    assert buckets.score("wei@mail.example") == 15
    buckets.later(days=63)
    assert buckets.score("wei@mail.example") == 10
    assert buckets.points("wei@mail.example") == {REVENUE: 10}


def test_s3_ebook_prices_and_articles_make_45_and_unsubscribing_leaves_35(farina):
    farina.http.headers["Accept-Language"] = "en"
    assert (
        farina.submit("newsletter", email="ann@mail.example", _consent="yes").status_code < 400
    )
    farina.settle()
    before = farina.score("ann@mail.example")
    user = {"context": {"traits": {"email": "ann@mail.example"}}, "userId": "ann"}
    farina.call("track", event="E-book Downloaded", **user)
    farina.call(
        "track",
        event="Page Read",
        properties={"path": "/demo-site/prices", "seconds": 40},
        **user,
    )
    for article in ("butter", "tempering", "laminated-dough"):
        farina.call("track", event="Article Read", properties={"article": article}, **user)
    farina.settle()
    assert farina.score("ann@mail.example") - before == 45
    [mail] = farina.mails("ann@mail.example")
    answer = farina.http.post(unsubscribe_address(mail), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    farina.settle()
    points = farina.points("ann@mail.example")
    assert (
        points["E-book downloaded"],
        points["Price list studied"],
        points["Block of articles read"],
        points["Unsubscribed"],
    ) == (10, 20, 15, -10)
    assert farina.score("ann@mail.example") - before == 35


def test_s4_thresholds_decide_who_is_warm_and_can_be_moved(buckets):
    buckets.identify("wei", email="wei@mail.example", annual_revenue=2e8)
    buckets.identify("lan", email="lan@mail.example", annual_revenue=5)
    buckets.settle()
    model = buckets.score_model()
    assert model.warm_from > 10
    assert buckets.contact("wei@mail.example").temperature == "cold"
    thresholds = {"warm_from": 10, "hot_from": 15}
    buckets.ask("PATCH", f"/score-models/{model.id}", json=thresholds)
    buckets.settle()
    assert buckets.contact("wei@mail.example").temperature == "warm"
    assert buckets.contact("lan@mail.example").temperature == "cold"
    assert "Temperature Changed" in buckets.events("wei@mail.example")


def test_s4_points_may_be_taken_away(buckets):
    buckets.score_rule(
        "Student",
        "demographic",
        -7,
        rule=all_of({"field": "attr.annual_revenue", "op": "lt", "value": 10}),
    )
    buckets.identify("lan", email="lan@mail.example", annual_revenue=5)
    buckets.settle()
    assert buckets.score("lan@mail.example") == -7


def test_s7_every_point_is_traced_to_a_rule_and_to_days(buckets):
    buckets.identify("wei", email="wei@mail.example", annual_revenue=2e8)
    read_posts(buckets, "wei", 6)
    buckets.settle()
    rows = {row.name: row for row in buckets.why("wei@mail.example").rules}
    assert rows[REVENUE].points == 10
    assert "200" in str(rows[REVENUE].condition)
    assert rows[POSTS].points == 5
    assert rows[POSTS].sentence


def test_s7_changing_a_rule_scores_everybody_again(buckets):
    buckets.identify("wei", email="wei@mail.example", annual_revenue=2e8)
    buckets.settle()
    assert buckets.score("wei@mail.example") == 10
    model = buckets.score_model()
    rule = next(rule for rule in model.rules if rule.name == REVENUE)
    change = {"name": REVENUE, "bucket": "demographic", "points": 30, "rule": rule.rule}
    buckets.ask("PUT", f"/score-models/{model.id}/rules/{rule.id}", json=change)
    buckets.settle()
    assert buckets.score("wei@mail.example") == 30
    assert buckets.points("wei@mail.example") == {REVENUE: 30}
