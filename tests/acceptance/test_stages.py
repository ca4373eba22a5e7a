"""L2, L8, L9, L11, L12, D11, S5, S6 and S9: the lifecycle, over HTTP and with time passing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.acceptance.farina import Farina, all_of
from trellis.accounts import actions as accounts
from trellis.accounts import keys
from trellis.accounts.models import Notice
from trellis.accounts.types import RIGHTS, SYSTEM
from trellis.journeys import actions as journeys
from trellis.messaging.models import TrapMail

ANN, BOB = "ann@mail.example", "bob@mail.example"
STUDIED = {"path": "/demo-site/prices"}
READY = """\
key: ready
name: Ready for a meeting
entry:
  - stage: {reached: sql}
steps:
  - {id: tell, notify: {text: Ready for an in-person meeting, to: owner, otherwise: supervisor}}
"""

NURTURE = """\
key: nurture
name: Nurture
leads_of: main
entry:
  - stage: {reached: mql}
steps:
  - {id: think, wait: {for: 3 days}}
"""
CARE = """\
key: care
name: Care
entry:
  - stage: {reached: customer}
steps:
  - {id: settle, wait: {for: 3 days}}
"""


@pytest.fixture
def api(farina: Farina) -> Any:
    """A program that may do everything, as a function of method, path and body."""
    _key, token = keys.create(SYSTEM, "api", "Acceptance", sorted(RIGHTS))
    client = httpx.Client(
        base_url=f"{farina.address}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )

    def call(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = client.request(method, path, json=body)
        assert answer.status_code == status, (path, answer.text)
        return answer.json() if answer.content else None

    yield call
    client.close()


def known(farina: Farina, *emails: str) -> list[int]:
    for email in emails:
        farina.identify(email, email=email)
    farina.settle()
    return [farina.contact(email).contact_id for email in emails]


def test_l2_people_per_stage_are_told_over_time(farina, api):
    (ann,) = known(farina, ANN)
    farina.later(days=2)
    api("POST", "/stages/move", {"contact_ids": [ann], "to": "sql"})
    farina.settle()
    found = api("GET", "/reports/people-per-stage?step=day")
    columns = dict(zip(found["stages"], zip(*found["counts"], strict=True), strict=True))
    assert columns["lead"][-3:] == (1, 1, 0)
    assert columns["sql"][-3:] == (0, 0, 1)


def test_l8_answers_are_kept_typed_with_who_and_when_and_rules_read_them(farina, api):
    (ann,) = known(farina, ANN)
    before = api("GET", f"/leads/{ann}/qualification")
    assert (before["answered"], before["total"]) == (0, 4)
    said = {"target": "yes", "need": "no", "actions": ["met", "called"]}
    after = api("PUT", f"/leads/{ann}/qualification", {"answers": said})
    assert after["answered"] == 3
    rows = {row["key"]: row for row in after["questions"]}
    assert rows["actions"]["value"] == ["called", "met"]
    assert rows["target"]["speaks_for"] is True
    assert rows["need"]["speaks_for"] is False
    assert rows["target"]["said_by"].startswith("key:")
    assert rows["target"]["said_at"]
    rule = all_of({"field": "qualification.target", "op": "eq", "value": "yes"})
    assert api("POST", "/contacts/find", {"rule": rule})["n"] == 1
    api("PUT", f"/leads/{ann}/qualification", {"answers": {"target": "perhaps"}}, 422)
    api("PUT", f"/leads/{ann}/qualification", {"answers": {"shoe": "44"}}, 422)


def test_l11_backwards_needs_a_reason_and_history_is_kept(farina, api):
    (ann,) = known(farina, ANN)
    api("POST", "/stages/move", {"contact_ids": [ann], "to": "sql"})
    api("POST", "/stages/move", {"contact_ids": [ann], "to": "lead"}, 422)
    moved = {"contact_ids": [ann], "to": "lead", "reason": "wants bread now, not cakes"}
    api("POST", "/stages/move", moved)
    farina.settle()
    newest = api("GET", f"/leads/{ann}/moves")[0]
    assert (newest["source"], newest["target"]) == ("sql", "lead")
    assert newest["reason"] == "wants bread now, not cakes"
    assert newest["actor"].startswith("key:")


def test_l12_who_fits_no_profile_is_disqualified_with_a_reason(farina, api):
    rule = all_of(
        {"field": "attr.multinational", "op": "eq", "value": False},
        {"field": "attr.revenue", "op": "lte", "value": 0},
    )
    farina.identify("seed", email="seed@mail.example", multinational=True, revenue=9)
    farina.settle()
    reason = {"kind": "disqualified", "name": "Startup without revenue", "rule": rule}
    api("POST", "/lines/main/reasons", reason, 201)
    farina.settle()
    farina.identify("ann", email=ANN, multinational=False, revenue=0)
    farina.identify("bob", email=BOB, multinational=True, revenue=0)
    farina.settle()
    ann, bob = farina.contact(ANN).contact_id, farina.contact(BOB).contact_id
    (lead,) = api("GET", f"/leads/{ann}")
    assert (lead["outcome"], lead["reason"]) == ("disqualified", "Startup without revenue")
    assert api("GET", f"/leads/{bob}")[0]["outcome"] == ""
    api("POST", "/leads/reopen", {"contact_ids": [ann], "reason": "was bought by Nestlé"})
    farina.settle()
    assert api("GET", f"/leads/{ann}")[0]["outcome"] == ""


def runs_of(api: Any, journey: int) -> dict[int, tuple[str, str]]:
    """Contact to outcome and reason of its run."""
    found = api("GET", f"/journeys/{journey}/enrolments")["items"]
    return {row["contact_id"]: (row["outcome"], row["reason"]) for row in found}


def published(source: str) -> int:
    made = journeys.create(SYSTEM, source)
    journeys.publish(SYSTEM, made.pk)
    return made.pk


def test_l9_buyers_leave_journeys_for_leads_and_begin_those_for_customers(farina, api):
    nurture, care = published(NURTURE), published(CARE)
    ann, bob = known(farina, ANN, BOB)
    api("POST", "/stages/move", {"contact_ids": [ann, bob], "to": "mql"})
    farina.settle()
    assert runs_of(api, nurture) == {ann: ("", ""), bob: ("", "")}
    api("POST", "/stages/move", {"contact_ids": [ann], "to": "customer"})
    farina.settle()
    assert runs_of(api, nurture) == {ann: ("exit", "bought"), bob: ("", "")}
    assert set(runs_of(api, care)) == {ann}


def test_l9_a_customer_does_not_come_into_a_journey_for_leads(farina, api):
    nurture = published(NURTURE)
    ann, bob = known(farina, ANN, BOB)
    api("POST", "/stages/move", {"contact_ids": [ann], "to": "customer"})
    farina.settle()
    api("POST", f"/journeys/{nurture}/enrolments", {"contact_ids": [ann, bob]})
    farina.settle()
    assert set(runs_of(api, nurture)) == {bob}


def test_l9_a_line_that_does_not_exist_is_refused(farina, api):
    source = NURTURE.replace("main", "mian")
    said = api("POST", "/journeys/check", {"yaml": source}, 422)
    assert "there is no line 'mian'; did you mean 'main'?" in str(said)


def test_d11_leads_that_stand_still_are_listed(farina, api):
    api("PATCH", "/stages/sql", {"limit_days": 10})
    ann, bob = known(farina, ANN, BOB)
    api("POST", "/stages/move", {"contact_ids": [ann, bob], "to": "sql"})
    farina.settle()
    farina.later(days=9)
    assert api("GET", "/reports/stuck") == []
    farina.later(days=2)
    api("POST", "/stages/move", {"contact_ids": [bob], "to": "intention"})
    (row,) = api("GET", "/reports/stuck")
    assert (row["contact_id"], row["stage"], row["by_limit"]) == (ann, "sql", True)


def test_s5_rising_score_makes_somebody_ready_and_tells_sales(farina, api):
    for email, role in (("sergi@x.example", "supervisor"), ("olga@x.example", "sales")):
        accounts.add_user(SYSTEM, email, name=email, role=role, password="a long secret 1")
    made = journeys.create(SYSTEM, READY)
    journeys.publish(SYSTEM, made.pk)
    known(farina, ANN)
    assert not Notice.objects.exists()
    farina.call("track", userId=ANN, event="Page Read", properties=STUDIED)
    for product in ("brioche", "sacher", "sourdough"):
        farina.track(ANN, "Product Viewed", product_id=product)
    api("PATCH", "/stages/intention", {"rule": None})
    api("PATCH", "/stages/customer", {"rule": None})
    farina.track(ANN, "Order Completed", order_id="1", total=21)
    farina.track(ANN, "Order Completed", order_id="2", total=21)
    farina.settle()
    told = Notice.objects.filter(user__email="sergi@x.example").get()
    assert told.text.endswith("Ready for an in-person meeting")
    assert told.url == f"/contacts/{farina.contact(ANN).contact_id}/"
    assert TrapMail.objects.filter(recipient="sergi@x.example").count() == 1
    assert not Notice.objects.filter(user__email="olga@x.example").exists()


def test_s6_s9_who_reaches_the_threshold_is_proposed_and_a_person_decides(farina, api):
    rule = all_of({"field": "score", "op": "gte", "value": 20})
    change = {"rule": rule, "automatic": "propose", "requires": ["contact.phone"]}
    for stage in ("mql", "intention"):
        api("PATCH", f"/stages/{stage}", {"rule": None})
    api("PATCH", "/stages/sql", change)
    farina.settle()
    ann, bob = known(farina, ANN, BOB)
    for email in (ANN, BOB):
        farina.call("track", userId=email, event="Page Read", properties=STUDIED)
    farina.identify(ANN, phone="+34600000001")
    farina.settle()
    items = api("GET", "/leads/proposals")["items"]
    assert [(row["contact_id"], row["target"]) for row in items] == [(ann, "sql")]
    (lacks,) = api("GET", f"/stages/sql/blocked/{bob}")["blocked_because"]
    assert "phone" in lacks
    api("POST", "/leads/proposals/refuse", {"contact_ids": [ann], "reason": "too early"})
    farina.track(ANN, "Product Viewed", product_id="brioche")
    farina.settle()
    assert api("GET", "/leads/proposals")["items"] == []
    farina.identify(BOB, phone="+34600000002")
    farina.settle()
    done = api("POST", "/leads/proposals/accept", {"contact_ids": [ann, bob]})
    assert done["contact_ids"] == [bob]
    farina.settle()
    assert api("GET", f"/leads/{bob}")[0]["stage"] == "sql"
