"""Segments that read other segments follow through the pipeline, whatever moved them."""

from __future__ import annotations

import pytest

from tests.pipeline.facts import run
from tests.world import NOW, members, person, segment
from trellis.accounts.types import SYSTEM
from trellis.pipeline import recompute
from trellis.segments import actions, lists

pytestmark = pytest.mark.django_db


def test_a_list_kept_by_hand_moves_the_segments_that_read_it() -> None:
    ann = person()
    held = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    segment("reader", {"field": "segment", "op": "in", "value": ["vip"]})
    lists.add(SYSTEM, held.pk, [ann], NOW)
    run()
    assert members("reader") == {ann}
    lists.remove(SYSTEM, held.pk, [ann], NOW)
    run()
    assert members("reader") == set()


def test_a_changed_rule_moves_the_segments_that_read_it() -> None:
    ann = person(country="ES")
    first = actions.create(
        SYSTEM, key="a", name="A", rule={"field": "contact.country", "op": "eq", "value": "RU"}
    )
    recompute.build_segment(first.pk)
    second = actions.create(
        SYSTEM, key="b", name="B", rule={"field": "segment", "op": "in", "value": ["a"]}
    )
    recompute.build_segment(second.pk)
    assert members("b") == set()
    spain = {"field": "contact.country", "op": "eq", "value": "ES"}
    actions.update(SYSTEM, first.pk, NOW, rule=spain)
    recompute.build_segment(first.pk)
    run()
    assert members("a") == members("b") == {ann}
