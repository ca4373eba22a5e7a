"""Fields that say a yes or a no in words of their own."""

from __future__ import annotations

import pytest

from tests.world import NOW, person
from trellis.rules.explain import explain
from trellis.rules.parse import parse
from trellis.rules.registry import snapshot
from trellis.rules.words import sentence

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("value", "said"), [(True, "is known"), (False, "is anonymous")])
def test_a_yes_or_no_is_said_as_people_say_it(value: bool, said: str) -> None:
    fields = snapshot()
    rule = parse({"field": "contact.known", "op": "eq", "value": value}, fields)
    assert sentence(rule, fields) == said
    told = explain(rule, person(known=True), NOW, fields)
    assert (told.sentence, told.words, told.holds) == (said, "is known", value)
