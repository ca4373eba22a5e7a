"""W14 and N15: all classes of attributes in one condition; keywords in every language."""

from __future__ import annotations

from typing import Any

from tests.acceptance.farina import Farina, all_of, links

ANN, BOB = "ann@mail.example", "bob@mail.example"
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def make(company: Farina, key: str, rule: dict[str, Any]) -> None:
    """A segment by rule, built."""
    company.post("/segments", key=key, name=key, rule=rule)
    company.settle()


def emails(company: Farina, key: str) -> set[str]:
    """The addresses of the members of a segment."""
    found = company.members(key)
    return {row.email for row in company.people() if row.contact_id in found}


def test_w14_population_behaviour_and_lifecycle_stand_in_one_condition(farina):
    for user, city in (("ann", "Girona"), ("bob", "Girona"), ("eve", "Vic")):
        farina.identify(user, email=f"{user}@mail.example", city=city, age=40)
    for user, reads in (("ann", 3), ("bob", 1), ("eve", 3)):
        for _ in range(reads):
            farina.track(user, "Article Read", article="rye")
    farina.settle()
    read = {"event": {"type": "track", "name": "Article Read"}, "op": "count_gte", "value": 2}
    make(
        farina,
        "keen",
        all_of(
            {"field": "contact.city", "op": "eq", "value": "GIRONA"},
            {"field": "attr.age", "op": "between", "value": [30, 50]},
            {**read, "within": {"during": "this_year"}},
            {"field": "stage", "op": "in", "value": ["lead", "mql"]},
            {"field": "temperature", "op": "ne", "value": "hot"},
        ),
    )
    assert emails(farina, "keen") == {ANN}

    [segment] = [row for row in farina.get("/segments") if row.key == "keen"]
    number = farina.contact(BOB).contact_id
    told = farina.get(f"/segments/{segment.id}/explain/{number}")
    assert not told.holds
    assert [part["holds"] for part in told["parts"]] == [True, True, False, True, True]
    assert told["parts"][2]["actual"] == 1

    farina.track("bob", "Article Read", article="rye")
    farina.settle()
    assert emails(farina, "keen") == {ANN, BOB}
    farina.post(f"/contacts/{number}/stage", to="customer", reason="bought in the shop")
    farina.settle()
    assert emails(farina, "keen") == {ANN}


KEYWORDS = {
    "zh": ("我想参加北京的面包课程", "北京", "上海"),
    "ru": ("ХОЧУ Научиться печь Ржаной хлеб", "ржаной", "пшеничный"),
    "ca": ("M\u2019AGRADA LA COL\u00b7LABORACI\u00d3 I EL PA DE P\u00c0GES", "pàges", "coca"),
    "es": ("Quisiera hacer el cursillo de nin\u0303os", "NIÑOS", "adultos"),
}
"""What somebody wrote (the Spanish ñ in two characters), a keyword of it, and another."""


def test_n15_keywords_find_every_language_in_any_case_and_composition(farina):
    for language, (wrote, word, other) in KEYWORDS.items():
        farina.identify(language, email=f"{language}@mail.example", wish=wrote)
        farina.settle()
        wish = {"field": "attr.wish"}
        make(farina, f"{language}-any", {**wish, "op": "contains_any", "value": [other, word]})
        make(farina, f"{language}-like", {**wish, "op": "like", "value": f"*{word}*"})
        make(farina, f"{language}-none", {**wish, "op": "contains_none", "value": [word]})
        made = {"type": "track", "name": "Asked", "filter": {"all": [
            {"field": "prop.text", "op": "contains", "value": word}
        ]}}  # fmt: skip
        make(farina, f"{language}-asked", {"event": made, "op": "did"})
        farina.track(language, "Asked", text=wrote)
    farina.settle()
    for language in KEYWORDS:
        mine = f"{language}@mail.example"
        assert emails(farina, f"{language}-any") == {mine}
        assert emails(farina, f"{language}-like") == {mine}
        assert mine not in emails(farina, f"{language}-none")
        assert emails(farina, f"{language}-asked") == {mine}


def test_rules_follow_forms_arrivals_journeys_and_messages(farina):
    """Saved before anything happens, and told from the log after it."""
    rules = {
        "wrote": {"field": "form.submitted", "op": "did", "of": {"form": ["master-class"]}},
        "spring": {"field": "touch.first.utm_source", "op": "eq", "value": "Instagram"},
        "social": {"field": "touch.any.source", "op": "has", "value": ["new-media"]},
        "inside": {"field": "journey.now", "op": "has_all", "value": ["master-class"]},
        "sent": {
            "field": "message.sent",
            "op": "count_gte",
            "value": 1,
            "of": {"template": ["master-class-1"]},
        },
        "clicked": {"field": "message.clicked", "op": "did", "within": {"during": "this_year"}},
        "silent": {
            "field": "message.sent",
            "op": "did",
            "of": {"channel": ["carrier-pigeon"]},
        },
    }
    for key, rule in rules.items():
        make(farina, key, rule)
    answer = farina.submit(
        "master-class",
        email=ANN,
        first_name="Ann",
        _consent="yes",
        page_url="https://farina.example/?utm_source=instagram&utm_medium=social",
    )
    assert answer.status_code < 400
    farina.settle()
    for key in ("wrote", "spring", "social", "inside", "sent"):
        assert emails(farina, key) == {ANN}, key
    assert emails(farina, "clicked") == emails(farina, "silent") == set()

    farina.later(hours=2)
    [mail] = farina.mails(ANN)
    link = next(link for link in links(mail) if "/l/" in link)
    farina.http.get(link, headers={"User-Agent": PERSON})
    farina.settle()
    assert emails(farina, "clicked") == {ANN}
    make(farina, "clicked-too", rules["clicked"] | {"of": {"template": ["master-class-1"]}})
    assert emails(farina, "clicked-too") == {ANN}

    farina.later(days=40)
    assert emails(farina, "inside") == set()


def test_a_rule_says_what_it_cannot_answer(farina):
    for rule, path in (
        (
            {"field": "message.sent", "op": "did", "of": {"template": ["nothing"]}},
            "of.template",
        ),
        (
            {"field": "signal.read-article", "op": "did", "within": {"n": 3, "unit": "hour"}},
            "within.unit",
        ),
        ({"field": "segment", "op": "in", "value": ["missing"]}, "value[0]"),
    ):
        answer = farina.staff.post("/segments", json={"key": "x", "name": "x", "rule": rule})
        assert answer.status_code == 422
        assert path in answer.text


def test_w14_a_product_seen_and_the_same_one_bought_and_not_seen_since(farina):
    for user in ("ann", "bob", "eve"):
        farina.identify(user, email=f"{user}@mail.example")
        farina.track(user, "Product Viewed", product_id="rye")
    farina.settle()
    viewed = {"event": {"type": "track", "name": "Product Viewed"}}
    for key, event in (("viewed", "Product Viewed"), ("ordered", "Order Completed")):
        farina.post("/signals", event_type="track", event_name=event, name=key)
    same = {
        **viewed,
        "op": "followed",
        "by": "ordered",
        "same": "product_id",
        "value": {"n": 3, "unit": "day"},
    }
    left = {**same, "op": "not_followed"}
    make(farina, "bought-it", {**same, "not_since": "viewed"})
    make(farina, "left-it", left)
    farina.track(
        "ann", "Order Completed", products=[{"product_id": "rye"}, {"product_id": "x"}]
    )
    farina.track("bob", "Order Completed", products=[{"product_id": "wheat"}])
    farina.settle()
    assert emails(farina, "bought-it") == {ANN}
    number = farina.contact(ANN).contact_id
    [segment] = [row for row in farina.get("/segments") if row.key == "bought-it"]
    told = farina.get(f"/segments/{segment.id}/explain/{number}")
    assert told.holds
    assert "“rye”" in told["words"]

    farina.later(days=4)
    assert emails(farina, "left-it") == {BOB, "eve@mail.example"}
    farina.track("ann", "Product Viewed", product_id="rye")
    farina.settle()
    assert emails(farina, "bought-it") == set()


def test_w14_a_value_that_has_stood_there_for_a_month(farina):
    farina.identify("ann", email=ANN, plan="pro")
    farina.identify("bob", email=BOB, plan="free")
    farina.settle()
    lasting = {
        "field": "attr.plan",
        "op": "eq",
        "value": "pro",
        "for": {"n": 30, "unit": "day"},
    }
    make(farina, "faithful", lasting)
    assert emails(farina, "faithful") == set()
    farina.later(days=20)
    farina.identify("ann", email=ANN, plan="pro")
    farina.identify("bob", email=BOB, plan="pro")
    farina.settle()
    farina.later(days=11)
    assert emails(farina, "faithful") == {ANN}
    farina.later(days=20)
    assert emails(farina, "faithful") == {ANN, BOB}
