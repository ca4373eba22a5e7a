"""Moving leads: the one action (L1, L4, L11)."""

from __future__ import annotations

import pytest

from tests.world import NOW, person, settle, standing
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Forbidden, InvalidInput, NotFound
from trellis.events import types
from trellis.events.models import Inbox
from trellis.events.types import Fact
from trellis.leads.actions import move_stage
from trellis.leads.models import Lead, Stage, StageMove
from trellis.people.models import Contact

pytestmark = pytest.mark.django_db

ANN = Actor(kind="user", id=1, name="Ann", rights=frozenset({"leads.write"}))


def stage_of(contact_id: int) -> str:
    lead = Lead.objects.get(contact_id=contact_id)
    return Stage.objects.get(pk=lead.stage_id).key


def stated() -> list[Fact]:
    rows = Inbox.objects.order_by("id")
    return [fact for row in rows for fact in types.decoder.decode(bytes(row.facts))]


def test_a_move_forward_is_kept_with_time_actor_and_cause() -> None:
    bob = person()
    settle(bob)
    done = move_stage(ANN, [bob], "sql", "hand", "called", NOW)
    assert done.contact_ids == (bob,)
    assert stage_of(bob) == "sql"
    assert standing(bob).stage_id == Stage.objects.get(key="sql").pk
    move = StageMove.objects.filter(contact_id=bob).order_by("-move_id")[0]
    assert (move.actor, move.how, move.reason, move.at) == ("user:1 Ann", "hand", "called", NOW)
    (fact,) = stated()
    assert (fact.name, fact.props["from"], fact.props["to"]) == ("Stage Changed", "lead", "sql")


def test_backward_by_hand_needs_a_reason() -> None:
    bob = person()
    settle(bob)
    move_stage(ANN, [bob], "sql", "hand", "", NOW)
    with pytest.raises(InvalidInput):
        move_stage(ANN, [bob], "lead", "hand", "", NOW)
    assert stage_of(bob) == "sql"
    move_stage(ANN, [bob], "lead", "hand", "interest changed", NOW)
    assert stage_of(bob) == "lead"


def test_a_journey_passes_over_who_is_ahead() -> None:
    bob, eve = person(), person()
    settle(bob, eve)
    move_stage(SYSTEM, [bob], "customer", "import", "", NOW)
    done = move_stage(SYSTEM, [bob, eve], "mql", "journey", "", NOW, causes={eve: (77, 2)})
    assert done.contact_ids == (eve,)
    assert done.skipped == {"backward without a reason": 1}
    assert [(f.cause, f.depth) for f in stated()][-1] == (77, 3)


def test_a_rule_does_not_undo_a_move_back() -> None:
    bob = person()
    settle(bob)
    assert stage_of(bob) == "lead"
    move_stage(ANN, [bob], "user", "hand", "a student", NOW)
    settle(bob)
    assert stage_of(bob) == "user"
    move_stage(ANN, [bob], "lead", "hand", "", NOW)
    assert Lead.objects.get(contact_id=bob).back_from_id is None


def test_strangers_and_merged_contacts_are_passed_over() -> None:
    visitor, twin = person(known=False), person()
    Contact.objects.filter(contact_id=twin).update(merged_into=visitor)
    done = move_stage(ANN, [visitor, twin, 999_999], "mql", "hand", "", NOW)
    assert done.contact_ids == ()
    assert done.skipped == {"no such contact": 2, "not known": 1}
    assert stated() == []


def test_moving_to_the_same_stage_does_nothing() -> None:
    bob = person()
    settle(bob)
    before = StageMove.objects.count()
    done = move_stage(ANN, [bob], "lead", "hand", "", NOW)
    assert done.skipped == {"already there": 1}
    assert StageMove.objects.count() == before


def test_it_needs_the_right_and_a_stage_there_is() -> None:
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset())
    with pytest.raises(Forbidden):
        move_stage(nobody, [1], "mql", "hand", "", NOW)
    with pytest.raises(NotFound):
        move_stage(ANN, [1], "nowhere", "hand", "", NOW)
