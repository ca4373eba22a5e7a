"""The chance to be won, through the API alone: refused, learnt, explained, used (S7, S9)."""

from __future__ import annotations

from tests.acceptance.farina import Farina, all_of
from trellis.core import clock
from trellis.pipeline import ticks

PEOPLE = 120


def contacts(company: Farina) -> dict[str, int]:
    """Address to contact."""
    return {row.email: int(row.contact_id) for row in company.every("/contacts", limit=200)}


def test_s7_s9_a_line_learns_which_leads_are_won_and_says_why(bare: Farina) -> None:
    [line] = [one for one in bare.get("/lines") if one.default]
    path = f"/predictions/{line.key}"
    answer = bare.staff.post(f"{path}/train", json={})
    assert answer.status_code == 422
    assert "0 won leads and 0 lost or disqualified ones" in answer.json()["detail"]

    bare.post("/signals", name="Price list", event_name="Prices Studied")
    bare.settle()
    for n in range(PEOPLE):
        bare.identify(f"u{n}", email=f"u{n}@mail.example", address={"country": "ES"})
    # of the even ones, who will be won, most studied prices; of the others few did
    for n in range(PEOPLE):
        if n // 2 % 6 < (5 if n % 2 == 0 else 1):
            bare.track(f"u{n}", "Prices Studied")
    bare.settle()
    bare.later(days=2)
    ids = contacts(bare)
    for n in range(0, PEOPLE, 2):
        bare.post(f"/contacts/{ids[f'u{n}@mail.example']}/stage", to="customer")
    lost = [ids[f"u{n}@mail.example"] for n in range(1, PEOPLE, 2)]
    reason = next(one for one in bare.get(f"/lines/{line.key}/reasons") if one.kind == "lost")
    bare.post("/leads/lose", contact_ids=lost, reason_id=reason.id)
    bare.identify("keen", email="keen@mail.example", address={"country": "ES"})
    bare.track("keen", "Prices Studied")
    bare.identify("cool", email="cool@mail.example", address={"country": "ES"})
    bare.settle()
    bare.later(days=1)

    assert bare.post(f"{path}/train").state == "training"
    for _job in ("learn", "give chances"):
        bare.settle()
    found = bare.get(path)
    assert (found.state, found.why, found.won, found.lost) == ("ready", "", 60, 60)
    [version] = found.versions
    assert version.quality.auc > 0.7 > 0.55 > version.score.auc
    assert version.quality.brier < version.quality.flat

    ids = contacts(bare)
    [keen] = bare.get(f"/contacts/{ids['keen@mail.example']}/predictions")
    [cool] = bare.get(f"/contacts/{ids['cool@mail.example']}/predictions")
    assert keen.chance > 0.6 > 0.4 > cool.chance
    assert keen.reasons[0].sentence == "Price list: once in the last 14 days"
    assert keen.reasons[0].part > 0 > cool.reasons[0].part
    assert bare.get(f"/contacts/{ids['u0@mail.example']}/predictions") == []

    likely = all_of({"field": f"predict.{line.key}.chance", "op": "gte", "value": 60})
    bare.post("/segments", name="Likely", key="likely", rule=likely)
    bare.settle()
    assert bare.members("likely") == {ids["keen@mail.example"]}
    refused = bare.staff.delete(path)
    assert (refused.status_code, "Likely" in refused.json()["detail"]) == (409, True)

    bare.later(days=20)
    ticks.upkeep(clock.now())
    bare.settle()
    [later] = bare.get(f"/contacts/{ids['keen@mail.example']}/predictions")
    assert later.chance < keen.chance, "what was done fades from the last 14 days by night"
    assert later.chance < 0.6
    assert bare.members("likely") == set()
