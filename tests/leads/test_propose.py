"""Gates (S6) and proposals (S9): who is ready, who lacks what, and what a person decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.world import NOW, did, person, score_rule, settle, signal
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, InvalidInput
from trellis.leads import actions, gates, queries
from trellis.leads.gates import Blocked
from trellis.leads.models import Lead, Proposal, Stage
from trellis.people.models import Contact
from trellis.rules.types import RuleError

pytestmark = pytest.mark.django_db

ANN = Actor(kind="user", id=1, name="Ann", rights=frozenset({"leads.write"}))
SPAIN = {"all": [{"field": "contact.country", "op": "eq", "value": "ES"}]}


def change(path: str, **values: Any) -> None:
    actions.change_stage(SYSTEM, path, replace(actions.draft_of(path), **values))


def stage_of(contact_id: int) -> str:
    return Stage.objects.get(pk=Lead.objects.get(contact_id=contact_id).stage_id).key


def states(contact_id: int) -> list[str]:
    rows = Proposal.objects.filter(contact_id=contact_id).order_by("proposal_id")
    return list(rows.values_list("state", flat=True))


def test_a_rule_moves_only_who_passes_the_gate() -> None:
    change("sql", rule=SPAIN, requires=["contact.phone"])
    ann, bob = person(country="ES"), person(country="ES", phone="+34600000001")
    settle(ann, bob)
    assert (stage_of(ann), stage_of(bob)) == ("lead", "sql")
    sql = Stage.objects.get(key="sql")
    assert [row.sentence for row in gates.missing(sql.pk, ann, NOW)] == ["phone has a value"]
    assert gates.missing(sql.pk, bob, NOW) == []


def test_the_least_score_is_part_of_the_gate() -> None:
    page = signal("page-viewed")
    score_rule("interest", 20, signal_id=page.pk)
    change("sql", rule=SPAIN, min_score=40)
    ann = person(country="ES")
    did(ann, page, NOW.date())
    settle(ann)
    assert stage_of(ann) == "lead"
    did(ann, page, NOW.date())
    settle(ann)
    assert stage_of(ann) == "sql"


def test_by_hand_the_gate_says_what_is_missing_and_lets_through_for_a_reason() -> None:
    change("sql", requires=["contact.phone"], min_score=10)
    ann = person()
    settle(ann)
    with pytest.raises(Blocked) as caught:
        actions.move_stage(ANN, [ann], "sql", "hand", "", NOW)
    assert caught.value.data["blocked_because"] == [
        "phone has a value",
        "score is at least 10",
    ]
    with pytest.raises(Blocked):
        actions.move_stage(ANN, [ann], "sql", "hand", "", NOW, anyway=True)
    actions.move_stage(ANN, [ann], "sql", "hand", "met at the fair", NOW, anyway=True)
    assert stage_of(ann) == "sql"


def test_of_many_those_who_pass_move() -> None:
    change("sql", requires=["contact.phone"])
    ann, bob = person(), person(phone="+34600000001")
    settle(ann, bob)
    done = actions.move_stage(ANN, [ann, bob], "sql", "hand", "", NOW)
    assert done.contact_ids == (bob,)
    assert done.skipped == {"does not pass the gate": 1}


def test_a_gate_reads_fields_there_are() -> None:
    with pytest.raises(RuleError):
        change("sql", requires=["contact.shoe_size"])


def test_who_reaches_the_threshold_is_proposed_and_not_moved() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann = person(country="ES", email="ann@example.org")
    facts = settle(ann)
    assert stage_of(ann) == "lead"
    assert [f.props["to"] for f in facts if f.name == "Stage Proposed"] == ["sql"]
    (row,) = queries.proposals(queries.line().pk).rows
    assert (row.contact_id, row.facts["temperature"]) == (ann, "cold")
    assert queries.proposal_counts() == {queries.line().pk: 1}
    assert settle(ann) == []


def test_accepting_moves_and_settles() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann, bob = person(country="ES"), person()
    settle(ann, bob)
    done = actions.accept(ANN, [ann, bob], NOW)
    assert done.contact_ids == (ann,)
    assert done.skipped == {"not proposed any more": 1}
    assert (stage_of(ann), states(ann)) == ("sql", ["accepted"])
    assert settle(ann) == []


def test_a_refusal_holds_until_the_facts_change() -> None:
    page = signal("page-viewed")
    score_rule("interest", 50, signal_id=page.pk)
    change("mql", rule=None)
    change("sql", rule=SPAIN, automatic="propose")
    ann = person(country="ES")
    settle(ann)
    with pytest.raises(InvalidInput):
        actions.refuse(ANN, [ann], "", NOW)
    actions.refuse(ANN, [ann], "too early", NOW)
    assert settle(ann) == []
    assert states(ann) == ["refused"]
    did(ann, page, NOW.date())
    settle(ann)
    assert states(ann) == ["refused", "open"]


def test_a_refusal_is_forgotten_once_the_rule_stops_holding() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann = person(country="ES")
    settle(ann)
    actions.refuse(ANN, [ann], "too early", NOW)
    Contact.objects.filter(contact_id=ann).update(country="FR")
    settle(ann)
    assert Lead.objects.get(contact_id=ann).refused == ""
    Contact.objects.filter(contact_id=ann).update(country="ES")
    settle(ann)
    assert states(ann) == ["refused", "open"]


def test_a_proposal_is_withdrawn_when_its_facts_go() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann = person(country="ES")
    settle(ann)
    Contact.objects.filter(contact_id=ann).update(country="FR")
    settle(ann)
    assert states(ann) == ["withdrawn"]
    assert queries.proposal_counts() == {}


def test_moving_by_hand_beyond_it_settles_a_proposal() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann = person(country="ES")
    settle(ann)
    actions.move_stage(ANN, [ann], "intention", "hand", "", NOW)
    assert states(ann) == ["accepted"]
    assert settle(ann) == []


def test_who_has_ended_is_not_proposed() -> None:
    change("sql", rule=SPAIN, automatic="propose")
    ann = person()
    settle(ann)
    lost = queries.reasons(queries.line().pk, "lost")[0]
    actions.lose(ANN, [ann], lost.pk, NOW)
    Contact.objects.filter(contact_id=ann).update(country="ES")
    settle(ann)
    assert states(ann) == []


def test_the_second_to_save_a_stage_hears_who_was_first() -> None:
    seen = Stage.objects.get(key="sql").version
    draft = actions.draft_of("sql")
    actions.change_stage(SYSTEM, "sql", replace(draft, name="Chance"), version=seen)
    with pytest.raises(Conflict) as caught:
        actions.change_stage(SYSTEM, "sql", replace(draft, name="Deal"), version=seen)
    assert caught.value.data["differs"] == {"name": {"theirs": "Chance", "yours": "Deal"}}
    assert Stage.objects.get(key="sql").name == "Chance"
