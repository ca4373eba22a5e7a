"""Filters of the list of contacts that people keep."""

from __future__ import annotations

import pytest

from tests import world
from trellis.accounts.models import Audit
from trellis.accounts.types import RIGHTS, Actor, Right
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.people.models import Company, Contact
from trellis.people.queries import ContactFilter, contacts
from trellis.rules import evaluate
from trellis.rules.parse import parse
from trellis.rules.registry import snapshot
from trellis.rules.types import RuleError
from trellis.segments import saved

pytestmark = pytest.mark.django_db

HOT = {"temperature": "hot"}


def user(number: int, *rights: Right) -> Actor:
    return Actor(kind="user", id=number, name=f"U{number}", rights=frozenset(rights))


ANN = user(1, "contacts.read")
BOB = user(2, "contacts.read", "segments.write")
EVE = user(3)


def names(actor: Actor) -> list[str]:
    return [row.name for row in saved.visible(actor)]


def test_a_personal_filter_is_seen_by_its_owner_only() -> None:
    row = saved.create(ANN, " My  hot ones ", HOT)
    assert (row.name, row.query, row.shared) == ("My hot ones", HOT, False)
    assert names(ANN) == ["My hot ones"]
    assert names(BOB) == []
    with pytest.raises(NotFound):
        saved.get(BOB, row.pk)
    with pytest.raises(NotFound):
        saved.update(BOB, row.pk, name="Mine")
    with pytest.raises(Forbidden):
        saved.visible(EVE)


def test_sharing_needs_the_right_and_own_filters_come_first() -> None:
    with pytest.raises(Forbidden):
        saved.create(ANN, "Team", HOT, shared=True)
    team = saved.create(BOB, "All of us", HOT, shared=True)
    saved.create(ANN, "Mine", {"q": "ann"})
    assert names(ANN) == ["Mine", "All of us"]
    with pytest.raises(Forbidden):
        saved.update(ANN, team.pk, name="Ours")
    with pytest.raises(Forbidden):
        saved.delete(ANN, team.pk)
    mine = saved.visible(ANN)[0]
    with pytest.raises(Forbidden):
        saved.update(ANN, mine.pk, shared=True)
    saved.update(BOB, team.pk, shared=False)
    assert names(ANN) == ["Mine"]


def test_what_a_program_keeps_is_shared() -> None:
    key = Actor(kind="key", id=1, name="Shop", rights=RIGHTS)
    row = saved.create(key, "From the shop", HOT)
    assert (row.owner_id, row.shared) == (None, True)
    assert names(ANN) == ["From the shop"]


@pytest.mark.parametrize("query", [{}, {"kind": "known"}, {"sort": "score"}, {"x": "1"}])
def test_what_narrows_nothing_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        saved.create(ANN, "All", query)


def test_names_and_rules_are_checked() -> None:
    saved.create(ANN, "Hot", HOT)
    with pytest.raises(Conflict):
        saved.create(ANN, "hot", {"q": "x"})
    with pytest.raises(InvalidInput):
        saved.create(ANN, " ", HOT)
    with pytest.raises(RuleError):
        saved.create(ANN, "Bad", {"rule": {"all": [{"field": "no", "op": "eq", "value": 1}]}})


def test_the_second_of_two_edits_learns_what_differs() -> None:
    row = saved.create(BOB, "Hot", HOT, shared=True)
    saved.update(BOB, row.pk, name="Hot leads", version=1)
    with pytest.raises(Conflict) as caught:
        saved.update(BOB, row.pk, name="Warm", query={"q": "x"}, version=1)
    assert caught.value.data["version"] == 2
    assert caught.value.data["differs"] == {
        "name": {"theirs": "Hot leads", "yours": "Warm"},
        "query": {"theirs": HOT, "yours": {"q": "x"}},
    }
    assert saved.update(BOB, row.pk, name="Warm", version=2).version == 3
    saved.delete(BOB, row.pk)
    acts = Audit.objects.filter(object_type="filter").order_by("id")
    assert [entry.action for entry in acts] == [
        "filter.create",
        "filter.update",
        "filter.update",
        "filter.delete",
    ]


def test_the_rule_of_a_filter_finds_whom_the_filter_shows() -> None:
    forn = Company.objects.create(name="Forn").pk
    held = world.segment("vip", {"field": "contact.city", "op": "eq", "value": "Girona"})
    ann = world.person(first_name="Anna", city="Girona", known=True)
    world.person(first_name="Anna", city="Girona", known=False)
    world.person(first_name="Joan", city="Girona", known=True)
    Contact.objects.filter(contact_id=ann).update(company_id=forn)
    query = {
        "q": "anna",
        "company": str(forn),
        "rule": {"all": [{"field": "contact.city", "op": "eq", "value": "girona"}]},
    }
    rule = parse(saved.as_rule(saved.clean(query)), snapshot())
    everybody = [row.contact_id for row in contacts(ContactFilter(kind="all"), None, 50).rows]
    assert evaluate.holding({1: rule}, everybody, world.NOW)[1] == {ann}
    assert saved.as_rule({"segment": str(held.pk), "kind": "all"}) == {
        "all": [{"field": "segment", "op": "in", "value": ["vip"]}]
    }
    with pytest.raises(NotFound):
        saved.as_rule({"company": "999999"})
