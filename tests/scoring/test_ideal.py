"""The ideal buyer: what was won beside everybody, and a rule made of it (S8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.scoring.test_calibrate import ended
from tests.world import NOW, did, person, segment, settle, signal
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Forbidden
from trellis.leads.models import Line
from trellis.people.models import Attribute
from trellis.rules import registry
from trellis.rules.parse import parse
from trellis.scoring import ideal

pytestmark = pytest.mark.django_db


@pytest.fixture
def line() -> int:
    """Forty who bought, mostly of big companies in Girona, and sixty who did not."""
    Attribute.objects.create(key="revenue", label="Revenue", type="number")
    Attribute.objects.create(key="born", label="Born", type="date")
    Attribute.objects.create(key="topics", label="Topics", type="list")
    Attribute.objects.create(key="fair", label="Fair", type="boolean")
    page = signal("page")
    people = []
    for n in range(100):
        won = n < 40
        number = person(
            city="Girona" if won and n % 4 else "Barcelona",
            country="ES",
            attributes={
                "revenue": 1000 + n if won else n,
                "born": f"19{60 + n % 40}-05-01",
                "topics": ["bread", "cake"] if won else ["cake"],
                "fair": won,
            },
            created_at=NOW - timedelta(days=20),
        )
        people.append(number)
        if won:
            for days in range(1, 4):
                did(number, page, date(2026, 11, 23) - timedelta(days=days))
            ended(number, NOW, "won")
    settle(*people)
    return Line.objects.get(default=True).pk


def shares(found: ideal.Ideal, key: str) -> dict[str, ideal.Share]:
    (dimension,) = [one for one in found.dimensions if one.key == key]
    return {share.label: share for share in dimension.shares}


def test_values_of_the_won_stand_beside_those_of_everybody(line: int) -> None:
    found = ideal.profile(SYSTEM, line)
    assert (found.won, found.base, found.few) == (40, 100, False)
    cities = shares(found, "contact.city")
    assert (cities["Girona"].won, cities["Girona"].base) == (0.75, 0.3)
    assert cities["Girona"].lift == 2.5
    assert cities["Girona"].points > 0 > cities["Barcelona"].points
    topics = shares(found, "attr.topics")
    assert (topics["bread"].won, topics["cake"].base) == (1.0, 1.0)
    assert not topics["cake"].speaks
    assert shares(found, "attr.fair")["✓"].won == 1.0
    bands = shares(found, "attr.revenue")
    assert sum(share.base for share in bands.values()) == pytest.approx(1.0)
    assert max(bands.values(), key=lambda share: share.won).label.startswith("≥")
    assert sum(share.won for share in shares(found, "attr.born").values()) == 1.0


def test_time_and_engagements_before_the_purchase(line: int) -> None:
    found = ideal.profile(SYSTEM, line)
    assert found.engagements is not None
    assert found.days is not None
    assert found.engagements.median == 3
    assert dict(found.engagements.bands)["2–3"] == 40
    assert found.days.median == 20


def test_every_value_can_become_a_rule(line: int) -> None:
    found = ideal.profile(SYSTEM, line)
    known = registry.snapshot()
    rules = [share.rule for one in found.dimensions for share in one.shares if share.rule]
    assert len(rules) > 10
    for rule in rules:
        parse(rule, known)


def test_a_segment_can_stand_on_the_other_side(line: int) -> None:
    held = segment("b", {"field": "contact.city", "op": "eq", "value": "Barcelona"})
    from trellis.people.models import Contact

    settle(*Contact.objects.values_list("pk", flat=True))
    found = ideal.profile(SYSTEM, line, held.pk)
    assert found.base == 70
    assert shares(found, "contact.city")["Girona"].lift is None


def test_without_buyers_or_rights_there_is_nothing() -> None:
    line = Line.objects.get(default=True).pk
    assert ideal.profile(SYSTEM, line).dimensions == ()
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset())
    with pytest.raises(Forbidden):
        ideal.profile(nobody, line)
