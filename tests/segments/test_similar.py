"""People who behave alike are found and offered as rules (T6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world import NOW, did, members, person, signal
from trellis.accounts.types import SYSTEM
from trellis.pipeline import recompute
from trellis.segments import actions, similar

pytestmark = pytest.mark.django_db

DAY = NOW.date()


def test_what_goes_together_is_offered_with_a_rule_that_finds_it() -> None:
    view, prices, course, cart = (signal(key) for key in ("view", "prices", "course", "cart"))
    pairs: set[int] = set()
    for n in range(60):
        who = person(known=n % 2 == 0)
        did(who, view, DAY)
        if n < 12:
            pairs.add(who)
            did(who, prices, DAY)
            did(who, course, DAY - timedelta(days=2))
        elif n < 30:
            did(who, cart, DAY)
    found = similar.similar(NOW)
    assert (found.active, found.every) == (60, 1)
    (group,) = found.groups
    assert {row.key for row in group.signals} == {"prices", "course"}
    assert (group.n, group.known) == (12, 6)
    assert group.lift == pytest.approx(5.0)
    made = actions.create(SYSTEM, key="alike", name="Alike", rule=group.rule)
    recompute.build_segment(made.pk)
    assert members("alike") == pairs


def test_what_comes_by_chance_or_from_few_is_not_offered() -> None:
    one, two = signal("one"), signal("two")
    for n in range(40):
        who = person()
        if n % 2:
            did(who, one, DAY)
        if n % 4 < 2:
            did(who, two, DAY)
    assert similar.similar(NOW).groups == []


def test_nobody_and_old_behaviour_give_no_group() -> None:
    one = signal("one")
    did(person(), one, DAY - timedelta(days=90))
    found = similar.similar(NOW)
    assert (list(found.groups), found.active) == ([], 0)
