"""T2, T6, T9, W14, and what segments must say: who, since when, why, and how they overlap."""

from __future__ import annotations

from tests.acceptance.farina import Farina, all_of, event
from trellis.events import content

PRICES = {
    "event": event("Prices Viewed"),
    "op": "count_gte",
    "value": 2,
    "within": {"n": 14, "unit": "day"},
}


def everybody(company: Farina) -> None:
    company.identify("ann", email="ann@mail.example", address={"city": "Girona"})
    company.identify("bob", email="bob@mail.example", address={"city": "Vic"})
    company.settle()


def number(company: Farina, email: str) -> int:
    return int(company.contact(email).contact_id)


def test_t9_w14_one_condition_combines_who_what_and_phase_and_selects_content(
    bare: Farina,
) -> None:
    everybody(bare)
    zone = bare.post(
        "/segments",
        key="zone",
        name="Girona, keen, a lead",
        rule=all_of(
            {"field": "contact.city", "op": "eq", "value": "Girona"},
            PRICES,
            {"field": "stage", "op": "in", "value": ["lead", "mql", "sql"]},
        ),
    )
    bare.settle()
    for user in ("ann", "bob"):
        for _n in range(2):
            bare.track(user, "Prices Viewed", path="/prices")
    bare.settle()
    members = bare.every(f"/segments/{zone.id}/members")
    assert [row.contact_id for row in members] == [number(bare, "ann@mail.example")]
    content_rule = all_of({"field": "segment", "op": "in", "value": ["zone"]})
    found = bare.post("/segments/preview", rule=content_rule)
    assert found.n == 1


def test_leaving_says_when_and_because_of_which_condition(bare: Farina) -> None:
    everybody(bare)
    keen = bare.post("/segments", key="keen", name="Keen", rule=all_of(PRICES))
    bare.settle()
    for _n in range(2):
        bare.track("ann", "Prices Viewed", path="/prices")
    bare.settle()
    bare.later(days=16)
    left, entered = bare.every(f"/segments/{keen.id}/moves")
    assert (entered.entered, entered.why, entered.event) == (True, "event", "Prices Viewed")
    assert (left.entered, left.why) == (False, "clock")
    assert len(left.reasons) == 1
    assert "14" in left.reasons[0]
    days = bare.get(f"/segments/{keen.id}/growth")
    assert all(day.came == day.went == 0 for day in days) or days == []


def test_a_snapshot_stays_and_an_overlap_becomes_a_segment(bare: Farina) -> None:
    everybody(bare)
    girona = bare.post(
        "/segments",
        key="girona",
        name="Girona",
        rule=all_of({"field": "contact.city", "op": "eq", "value": "Girona"}),
    )
    vip = bare.post("/segments", key="vip", name="VIP", kind="static")
    bare.settle()
    then = bare.post(f"/segments/{girona.id}/snapshot", key="then", name="Girona then")
    pasted = bare.post(
        f"/segments/{vip.id}/paste",
        people="ann@mail.example\nbob@mail.example\nno@mail.example",
    )
    assert (pasted.added, pasted.unknown) == (2, ["no@mail.example"])
    bare.settle()
    bare.identify("bob", address={"city": "Girona"})
    bare.settle()
    sizes = {row.key: row.size for row in bare.get("/segments")}
    assert len(bare.every(f"/segments/{girona.id}/members")) == 2
    assert len(bare.every(f"/segments/{then.id}/members")) == 1
    assert sizes["then"] == 1
    found = bare.get("/segments/overlap", ids=f"{then.id},{vip.id}")
    assert (found.shared, found.total) == (1, 2)
    only = next(part for part in found.parts if part.inside == [vip.id])
    made = bare.post("/segments", key="only", name="Only VIP", rule=only.rule)
    bare.settle()
    members = bare.every(f"/segments/{made.id}/members")
    assert [row.contact_id for row in members] == [number(bare, "bob@mail.example")]


def test_t6_alike_people_are_grouped_and_the_bottleneck_of_a_funnel_is_marked(
    bare: Farina,
) -> None:
    for name in ("Prices Viewed", "Course Viewed", "Blog Read"):
        bare.post("/signals", event_type="track", event_name=name)
    bare.settle()
    for n in range(24):
        user = f"visitor-{n}"
        bare.track(user, "Blog Read")
        if n < 8:
            bare.track(user, "Prices Viewed")
            bare.track(user, "Course Viewed")
    bare.settle()
    keys = {row.name: row.key for row in bare.get("/signals")}
    found = bare.get("/segments/similar", days=14)
    (group,) = found.groups
    assert set(group.signals) == {keys["Prices Viewed"], keys["Course Viewed"]}
    assert (group.n, found.active) == (8, 24)
    steps = bare.post(
        "/reports/funnel",
        steps=[
            {"signal": keys["Blog Read"]},
            {"signal": keys["Prices Viewed"]},
            {"signal": keys["Course Viewed"]},
        ],
    )
    assert [step.n for step in steps] == [24, 8, 8]
    assert [step.worst for step in steps] == [False, True, False]


def test_t2_most_viewed_clicked_and_read(bare: Farina) -> None:
    for n in range(3):
        bare.call("page", userId="ann", properties={"path": "/prices", "title": f"Prices{n}"})
    bare.call("page", userId="bob", properties={"path": "/about"})
    bare.track("ann", "Element Clicked", element="buy")
    bare.settle()
    content.roll_up()  # the job that runs every ten minutes
    pages = bare.get("/reports/most-seen", what="pages")
    assert [(row.key, row.times[0]) for row in pages["items"]] == [
        ("/prices", 3),
        ("/about", 1),
    ]
    clicks = bare.get("/reports/most-seen", what="clicks")
    assert [(row.key, row.times[0]) for row in clicks["items"]] == [("buy", 1)]
