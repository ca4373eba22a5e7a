"""S1, S4, S7 and S8 with several models, drafts, history and outcomes, through the API."""

from __future__ import annotations

import pytest

from tests.acceptance.farina import Farina, all_of, event

GIRONA = all_of({"field": "contact.city", "op": "eq", "value": "Girona"})


def rule(name: str, bucket: str, points: int, **more: object) -> dict[str, object]:
    return {"name": name, "bucket": bucket, "points": points, **more}


@pytest.fixture
def model(bare: Farina) -> str:
    """The path of the default model."""
    return f"/score-models/{bare.get('/score-models')[0].id}"


def contact(company: Farina, email: str) -> int:
    [found] = company.every("/contacts", q=email)
    return int(found.contact_id)


def test_s1_each_business_line_has_a_model_of_its_own(bare: Farina, model: str) -> None:
    shop = bare.post("/score-models", name="Shop", key="shop", warm_from=5, hot_from=20)
    bought = all_of({"event": event("Order Completed"), "op": "count_gte", "value": 1})
    bare.post(f"/score-models/{shop.id}/rules", **rule("Bought", "engagement", 30, rule=bought))
    bare.post(f"{model}/rules", **rule("Girona", "demographic", 7, rule=GIRONA))
    bare.settle()
    bare.identify("ann", email="ann@mail.example", address={"city": "Girona"})
    bare.track("ann", "Order Completed", total=12)
    bare.settle()
    found = {
        row.key: row
        for row in bare.get(f"/contacts/{contact(bare, 'ann@mail.example')}/scores")
    }
    assert (found["default"].score, found["default"].temperature) == (7, "cold")
    assert (found["shop"].score, found["shop"].temperature) == (30, "hot")


def test_s4_a_group_of_rules_ends_at_its_limit(bare: Farina, model: str) -> None:
    group = {"name": "Reading", "bucket": "interest", "limit": 12}
    bare.ask("PATCH", model, json={"groups": [group]})
    for name in ("Page Read", "Article Read"):
        read = all_of({"event": event(name), "op": "count_gte", "value": 1})
        bare.post(f"{model}/rules", **rule(name, "interest", 10, rule=read, group="reading"))
    bare.settle()
    bare.identify("ann", email="ann@mail.example")
    for name in ("Page Read", "Article Read"):
        bare.track("ann", name)
    bare.settle()
    why = bare.get(f"/contacts/{contact(bare, 'ann@mail.example')}/score")
    assert why.score == 12
    assert [(row.kind, row.given, row.counted) for row in why.limits] == [("group", 20, 12)]


def test_s7_a_draft_shows_who_would_change_before_it_counts(bare: Farina, model: str) -> None:
    bare.identify("ann", email="ann@mail.example", address={"city": "Girona"})
    bare.settle()
    bare.post(f"{model}/draft/rules", **rule("Girona", "demographic", 60, rule=GIRONA))
    impact = bare.post(f"{model}/draft/preview")
    assert (impact.changed, impact.become_hot, impact.exact) == (1, 1, True)
    assert impact.people[0].why == [["Girona", 0, 60]]
    bare.settle()
    number = contact(bare, "ann@mail.example")
    assert bare.get(f"/contacts/{number}/scores")[0].score == 0
    bare.post(f"{model}/draft/publish")
    bare.settle()
    assert bare.get(f"/contacts/{number}/scores")[0].score == 60


def test_s7_the_history_tells_when_and_why_a_score_changed(bare: Farina, model: str) -> None:
    read = all_of(
        {
            "event": event("Page Read"),
            "op": "count_gte",
            "value": 1,
            "within": {"n": 7, "unit": "day"},
        }
    )
    bare.post(f"{model}/rules", **rule("Read", "interest", 25, rule=read))
    bare.settle()
    bare.identify("ann", email="ann@mail.example")
    bare.track("ann", "Page Read")
    bare.settle()
    bare.later(days=8)
    days = bare.get(f"/contacts/{contact(bare, 'ann@mail.example')}/score/history")
    assert [(day.change, day.temperature, day.crossed) for day in days] == [
        (25, "warm", True),
        (-25, "cold", True),
    ]
    assert [one.n for one in days[0].done] == [1]
    assert days[1].done == []


def test_s8_buyers_stand_beside_everybody_and_their_city_is_a_rule(
    bare: Farina, model: str
) -> None:
    for n in range(6):
        city = "Girona" if n < 3 else "Lleida"
        bare.identify(f"u{n}", email=f"u{n}@mail.example", address={"city": city})
    bare.settle()
    for n in range(3):
        number = contact(bare, f"u{n}@mail.example")
        bare.post(f"/contacts/{number}/stage", to="customer")
    bare.settle()
    found = bare.get(f"{model}/ideal-buyer")
    assert (found.won, found.base, found.few) == (3, 6, True)
    [city] = [one for one in found.dimensions if one.key == "contact.city"]
    shares = {share.label: (share.won, share.base) for share in city.shares}
    assert shares == {"Girona": (1.0, 0.5), "Lleida": (0.0, 0.5)}
    [girona] = [share for share in city.shares if share.label == "Girona"]
    made = bare.post(f"{model}/rules", **rule("Girona", "demographic", 5, rule=girona.rule))
    assert made.points == 5


def test_s7_too_few_outcomes_are_refused_with_the_reason(bare: Farina, model: str) -> None:
    found = bare.get(f"{model}/calibration")
    assert found.why_not.startswith("0 won and 0 lost leads are too few")
