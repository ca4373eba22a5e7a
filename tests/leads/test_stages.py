"""Stages are the enterprise's own: add, rename, reorder, archive (L1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import NOW, person, segment, settle, standing
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.leads import actions
from trellis.leads.models import Lead, Stage, StageMove
from trellis.rules.types import RuleError

pytestmark = pytest.mark.django_db


def order() -> list[str]:
    rows = Stage.objects.filter(archived_at__isnull=True).order_by("rank")
    return list(rows.values_list("key", flat=True))


def test_a_stage_is_added_behind_another() -> None:
    actions.add_stage(SYSTEM, key="trial", name="Trial", after="mql")
    assert order()[2:5] == ["mql", "trial", "sql"]
    with pytest.raises(Conflict):
        actions.add_stage(SYSTEM, key="trial", name="Again", after="mql")


def test_stages_are_renamed_and_reordered() -> None:
    actions.rename_stage(SYSTEM, "mql", "Warm lead")
    assert Stage.objects.get(key="mql").name == "Warm lead"
    keys = order()
    keys[2], keys[3] = keys[3], keys[2]
    actions.reorder_stages(SYSTEM, keys)
    assert order() == keys
    with pytest.raises(InvalidInput):
        actions.reorder_stages(SYSTEM, keys[1:])


def test_archiving_moves_the_leads_and_keeps_their_history() -> None:
    ann = person()
    settle(ann)
    actions.set_stage_rule(SYSTEM, "mql", None)
    assert actions.archive_stage(SYSTEM, "lead", "mql", NOW) == 1
    assert Lead.objects.get(contact_id=ann).stage_id == Stage.objects.get(key="mql").pk
    assert standing(ann).stage_id == Stage.objects.get(key="mql").pk
    assert StageMove.objects.filter(contact_id=ann).count() == 2
    assert "lead" not in order()


def test_a_stage_that_a_rule_reads_stays() -> None:
    segment("leads", {"field": "stage", "op": "eq", "value": "lead"})
    with pytest.raises(Conflict) as caught:
        actions.archive_stage(SYSTEM, "lead", "mql", NOW)
    assert caught.value.data["used_by"] == ["segment Leads"]


def test_the_first_stage_stays() -> None:
    with pytest.raises(Conflict):
        actions.archive_stage(SYSTEM, "user", "lead", NOW)


def test_a_rule_moves_leads_once_it_is_set() -> None:
    ann = person(country="ES")
    settle(ann)
    rule = {"field": "contact.country", "op": "eq", "value": "ES"}
    actions.set_stage_rule(SYSTEM, "sql", rule)
    settle(ann)
    assert standing(ann).stage_id == Stage.objects.get(key="sql").pk


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "segment", "op": "in", "value": ["es"]},
        {"field": "stage", "op": "eq", "value": "lead"},
    ],
)
def test_a_stage_rule_cannot_read_what_follows_from_stages(rule: dict[str, Any]) -> None:
    segment("es", {"field": "contact.country", "op": "eq", "value": "ES"})
    with pytest.raises(RuleError) as caught:
        actions.set_stage_rule(SYSTEM, "sql", rule)
    assert caught.value.problems[0].path == "field"


def test_changing_stages_needs_the_right() -> None:
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset({"leads.write"}))
    with pytest.raises(Forbidden):
        actions.rename_stage(nobody, "mql", "Mine")
