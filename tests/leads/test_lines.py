"""Several business lines: leads by entry rule or by hand, derived together (D10, L13)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import NOW, person, segment, settle, standing
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.events import types
from trellis.events.models import Inbox
from trellis.leads import actions
from trellis.leads.actions import LineDraft
from trellis.leads.models import Lead, Line, Stage, StageMove
from trellis.rules.types import RuleError

pytestmark = pytest.mark.django_db

SPAIN = {"all": [{"field": "contact.country", "op": "eq", "value": "ES"}]}


def line(entry: dict[str, Any] | None = None) -> Line:
    return actions.add_line(SYSTEM, "wholesale", LineDraft(name="Wholesale", entry=entry))


def stages_of(contact_id: int) -> dict[str, str]:
    keys = dict(Stage.objects.values_list("pk", "key"))
    lines = dict(Line.objects.values_list("pk", "key"))
    rows = Lead.objects.filter(contact_id=contact_id)
    return {lines[row.line_id]: keys[row.stage_id] for row in rows}


def test_a_new_line_has_stages_reasons_and_questions_of_its_own() -> None:
    made = line()
    keys = list(made.stages.values_list("key", flat=True))
    assert keys == ["lead", "mql", "sql", "intention", "customer", "loyal", "other"]
    assert made.reasons.filter(kind="disqualified").count() == 4
    assert made.questions.count() == 4
    assert not made.stages.exclude(rule=None).exists()


def test_the_entry_rule_makes_leads_and_only_those() -> None:
    line(SPAIN)
    ann, bob = person(country="ES"), person(country="FR")
    facts = settle(ann, bob)
    assert stages_of(ann) == {"main": "lead", "wholesale": "lead"}
    assert stages_of(bob) == {"main": "lead"}
    told = [fact.props for fact in facts if fact.contact_id == ann]
    assert [(p["line"], p["to"]) for p in told] == [
        ("main", "lead"),
        ("wholesale", "wholesale/lead"),
    ]
    assert settle(ann, bob) == []


def test_without_an_entry_rule_leads_come_by_hand() -> None:
    line()
    ann = person()
    settle(ann)
    assert stages_of(ann) == {"main": "lead"}
    assert actions.add_leads(SYSTEM, [ann], "wholesale", "hand", NOW).contact_ids == (ann,)
    assert stages_of(ann) == {"main": "lead", "wholesale": "lead"}
    again = actions.add_leads(SYSTEM, [ann], "wholesale", "hand", NOW)
    assert again.skipped == {"already there": 1}


def test_each_line_moves_its_leads_by_its_own_rules() -> None:
    line(SPAIN)
    actions.set_stage_rule(
        SYSTEM, "wholesale/sql", {"field": "contact.city", "op": "eq", "value": "Girona"}
    )
    ann = person(country="ES")
    settle(ann)
    headline = standing(ann).stage_id
    from trellis.people.models import Contact

    Contact.objects.filter(contact_id=ann).update(city="Girona")
    settle(ann)
    assert stages_of(ann) == {"main": "lead", "wholesale": "sql"}
    assert standing(ann).stage_id == headline


def test_who_no_longer_fits_the_entry_rule_stays_a_lead() -> None:
    made = line(SPAIN)
    ann = person(country="ES")
    settle(ann)
    actions.change_line(SYSTEM, "wholesale", LineDraft(name="Wholesale"))
    settle(ann)
    assert Lead.objects.filter(contact_id=ann, line_id=made.pk).exists()


def test_rules_read_the_stage_of_another_line() -> None:
    line(SPAIN)
    in_line = segment("buyers", {"field": "stage.wholesale", "op": "eq", "value": "lead"})
    ann, bob = person(country="ES"), person()
    facts = settle(ann, bob)
    entered = [f.contact_id for f in facts if f.name == "Segment Entered"]
    assert (in_line.key, entered) == ("buyers", [ann])


def test_a_broken_entry_rule_is_shown_and_makes_nobody_a_lead() -> None:
    made = line(SPAIN)
    Line.objects.filter(pk=made.pk).update(entry={"field": "attr.gone", "op": "not_empty"})
    ann = person(country="ES")
    settle(ann)
    assert stages_of(ann) == {"main": "lead"}
    made.refresh_from_db()
    assert "attr.gone" in made.entry_broken


def test_visitors_are_nowhere_leads() -> None:
    line(SPAIN)
    visitor = person(known=False, country="ES")
    assert settle(visitor) == []
    assert stages_of(visitor) == {}


def test_moving_by_path_goes_to_the_other_line() -> None:
    line()
    ann = person()
    settle(ann)
    actions.move_stage(SYSTEM, [ann], "wholesale/mql", "hand", "", NOW)
    assert stages_of(ann) == {"main": "lead", "wholesale": "mql"}
    facts = [
        fact for row in Inbox.objects.all() for fact in types.decoder.decode(bytes(row.facts))
    ]
    assert [fact.props["to"] for fact in facts] == ["wholesale/mql"]
    assert StageMove.objects.filter(contact_id=ann).count() == 2


def test_the_default_line_stays_and_has_no_entry_rule() -> None:
    with pytest.raises(Conflict):
        actions.archive_line(SYSTEM, "main", NOW)
    with pytest.raises(InvalidInput):
        actions.change_line(SYSTEM, "main", LineDraft(name="Main", entry=SPAIN))


def test_an_archived_line_moves_nobody_and_keeps_its_leads() -> None:
    made = line(SPAIN)
    ann, bob = person(country="ES"), person(country="ES")
    settle(ann)
    actions.archive_line(SYSTEM, "wholesale", NOW)
    settle(bob)
    assert Lead.objects.filter(line_id=made.pk).count() == 1


def test_a_line_that_a_rule_reads_stays() -> None:
    line()
    segment("buyers", {"field": "stage.wholesale", "op": "eq", "value": "lead"})
    with pytest.raises(Conflict) as caught:
        actions.archive_line(SYSTEM, "wholesale", NOW)
    assert caught.value.data["used_by"] == ["segment Buyers"]


def test_lines_are_renamed_and_reordered() -> None:
    line()
    actions.add_line(SYSTEM, "shop", LineDraft(name="Shop"))
    actions.change_line(SYSTEM, "shop", LineDraft(name="Web shop"), version=1)
    actions.reorder_lines(SYSTEM, ["main", "shop", "wholesale"])
    names = [row.name for row in Line.objects.all()]
    assert names == ["Main", "Web shop", "Wholesale"]


def test_the_second_to_save_hears_who_was_first_and_what_differs() -> None:
    line()
    actions.change_line(SYSTEM, "wholesale", LineDraft(name="B2B"), version=1)
    with pytest.raises(Conflict) as caught:
        actions.change_line(SYSTEM, "wholesale", LineDraft(name="Trade"), version=1)
    assert caught.value.data["differs"] == {"name": {"theirs": "B2B", "yours": "Trade"}}
    assert caught.value.data["by"] == "system"


@pytest.mark.parametrize("key", ["", "a b", "main"])
def test_a_line_needs_a_key_of_its_own(key: str) -> None:
    with pytest.raises((InvalidInput, Conflict)):
        actions.add_line(SYSTEM, key, LineDraft(name="Again"))


def test_an_entry_rule_cannot_read_what_follows_from_it() -> None:
    with pytest.raises(RuleError):
        line({"field": "stage", "op": "eq", "value": "lead"})


def test_changing_lines_needs_the_right() -> None:
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset({"leads.write"}))
    with pytest.raises(Forbidden):
        actions.add_line(nobody, "shop", LineDraft(name="Shop"))
