"""How leads end: won with a value, lost, disqualified by hand and by rule, opened again
(L11, L12)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.world import NOW, person, settle
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.leads import actions
from trellis.leads.actions import ReasonDraft
from trellis.leads.models import Lead, Reason, Stage, StageMove
from trellis.people.models import Contact

pytestmark = pytest.mark.django_db

ANN = Actor(kind="user", id=1, name="Ann", rights=frozenset({"leads.write"}))
TINY = {"all": [{"field": "contact.country", "op": "eq", "value": "XX"}]}


def lead(contact_id: int) -> Lead:
    return Lead.objects.get(contact_id=contact_id)


def stage_of(contact_id: int) -> str:
    return Stage.objects.get(pk=lead(contact_id).stage_id).key


def reason(kind: str) -> Reason:
    found = Reason.objects.filter(kind=kind).order_by("rank").first()
    assert found is not None
    return found


def last(contact_id: int) -> StageMove:
    return StageMove.objects.filter(contact_id=contact_id).order_by("-move_id")[0]


def test_winning_moves_to_the_won_stage_and_keeps_value_and_currency() -> None:
    bob = person()
    settle(bob)
    actions.win(ANN, bob, Decimal("1200.50"), "eur", NOW)
    found = lead(bob)
    assert (stage_of(bob), found.outcome, found.closed_at) == ("customer", "won", NOW)
    assert (found.value, found.currency) == (Decimal("1200.50"), "EUR")
    actions.win(ANN, bob, Decimal(1500), "EUR", NOW, version=found.version)
    assert lead(bob).value == Decimal(1500)
    assert StageMove.objects.filter(contact_id=bob, outcome="won").count() == 1


@pytest.mark.parametrize(("value", "currency"), [("5", ""), ("5", "EURO"), ("-1", "EUR")])
def test_a_value_needs_a_currency_and_is_not_negative(value: str, currency: str) -> None:
    bob = person()
    settle(bob)
    with pytest.raises(InvalidInput):
        actions.win(ANN, bob, Decimal(value), currency, NOW)
    assert lead(bob).outcome == ""


def test_a_lost_lead_stays_in_its_stage_with_reason_time_and_actor() -> None:
    bob = person()
    settle(bob)
    done = actions.lose(ANN, [bob], reason("lost").pk, NOW, note="went to Berg")
    assert done.contact_ids == (bob,)
    assert (stage_of(bob), lead(bob).outcome) == ("lead", "lost")
    move = last(bob)
    assert (move.outcome, move.actor, move.at, move.how) == ("lost", "user:1 Ann", NOW, "hand")
    assert move.reason == "Chose a competitor: went to Berg"


def test_a_lost_lead_that_buys_is_won_and_no_other_rule_moves_it() -> None:
    actions.set_stage_rule(
        SYSTEM, "sql", {"field": "contact.city", "op": "eq", "value": "Girona"}
    )
    actions.set_stage_rule(
        SYSTEM, "customer", {"field": "contact.country", "op": "eq", "value": "ES"}
    )
    bob = person()
    settle(bob)
    actions.lose(ANN, [bob], reason("lost").pk, NOW)
    Contact.objects.filter(contact_id=bob).update(city="Girona")
    settle(bob)
    assert (stage_of(bob), lead(bob).outcome) == ("lead", "lost")
    Contact.objects.filter(contact_id=bob).update(country="ES")
    settle(bob)
    assert (stage_of(bob), lead(bob).outcome) == ("customer", "won")


def test_a_reason_disqualifies_by_rule_and_says_so() -> None:
    row = actions.save_reason(
        SYSTEM, ReasonDraft(kind="disqualified", name="Startup without revenue", rule=TINY)
    )
    bob, eve = person(country="XX"), person(country="ES")
    facts = settle(bob, eve)
    assert (lead(bob).outcome, lead(bob).reason_id) == ("disqualified", row.pk)
    assert lead(eve).outcome == ""
    told = [f.props["reason"] for f in facts if f.name == "Lead Disqualified"]
    assert told == ["Startup without revenue"]
    assert (last(bob).how, last(bob).reason) == ("rule", "Startup without revenue")
    assert last(bob).facts["score"] == 0
    assert settle(bob, eve) == []


def test_what_a_person_opened_again_no_rule_disqualifies() -> None:
    actions.save_reason(SYSTEM, ReasonDraft(kind="disqualified", name="Too small", rule=TINY))
    bob = person(country="XX")
    settle(bob)
    with pytest.raises(InvalidInput):
        actions.reopen(ANN, [bob], " ", NOW)
    actions.reopen(ANN, [bob], "they were bought by a multinational", NOW)
    settle(bob)
    assert lead(bob).outcome == ""
    reasons = list(StageMove.objects.filter(contact_id=bob).values_list("reason", flat=True))
    assert "they were bought by a multinational" in reasons


def test_no_rule_moves_a_disqualified_lead() -> None:
    bob = person()
    settle(bob)
    actions.disqualify(ANN, [bob], reason("disqualified").pk, NOW)
    actions.set_stage_rule(SYSTEM, "sql", {"field": "contact.known", "op": "eq", "value": True})
    settle(bob)
    assert (stage_of(bob), lead(bob).outcome) == ("lead", "disqualified")


def test_moving_an_ended_lead_needs_a_reason_and_opens_it() -> None:
    bob = person()
    settle(bob)
    actions.lose(ANN, [bob], reason("lost").pk, NOW)
    with pytest.raises(InvalidInput):
        actions.move_stage(ANN, [bob], "sql", "hand", "", NOW)
    journey = actions.move_stage(SYSTEM, [bob], "sql", "journey", "", NOW)
    assert journey.skipped == {"ended, and no reason to open it": 1}
    actions.move_stage(ANN, [bob], "sql", "hand", "called us", NOW)
    assert (stage_of(bob), lead(bob).outcome, lead(bob).reason_id) == ("sql", "", None)


def test_won_leads_are_not_lost_and_nobody_is_lost_twice() -> None:
    bob, eve, visitor = person(), person(), person(known=False)
    settle(bob, eve, visitor)
    actions.win(ANN, bob, None, "", NOW)
    actions.lose(ANN, [eve], reason("lost").pk, NOW)
    done = actions.lose(ANN, [bob, eve, visitor, 999_999], reason("lost").pk, NOW)
    assert done.contact_ids == ()
    assert done.skipped == {
        "won already": 1,
        "already there": 1,
        "no lead in this line": 1,
        "no such contact": 1,
    }


def test_a_reason_comes_from_the_list_of_its_kind() -> None:
    bob = person()
    settle(bob)
    with pytest.raises(InvalidInput):
        actions.lose(ANN, [bob], reason("disqualified").pk, NOW)
    actions.archive_reason(SYSTEM, reason("lost").pk, NOW)
    assert Reason.objects.filter(archived_at=None).count() == 10


def test_only_reasons_that_disqualify_have_rules() -> None:
    with pytest.raises(InvalidInput):
        actions.save_reason(SYSTEM, ReasonDraft(kind="lost", name="Small", rule=TINY))


def test_the_second_to_change_a_lead_hears_of_it() -> None:
    bob = person()
    settle(bob)
    seen = lead(bob).version
    actions.lose(ANN, [bob], reason("lost").pk, NOW, version=seen)
    with pytest.raises(Conflict):
        actions.win(ANN, bob, Decimal(5), "EUR", NOW, version=seen)
    assert lead(bob).outcome == "lost"


def test_ending_needs_the_right() -> None:
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset({"leads.read"}))
    with pytest.raises(Forbidden):
        actions.lose(nobody, [1], reason("lost").pk, NOW)
