"""Making, changing and archiving segments; building them."""

from __future__ import annotations

from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import NOW, did, members, person, segment, settle, signal
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.events import types
from trellis.events.behaviour import NotCounted
from trellis.events.models import Inbox, Signal
from trellis.people.models import Attribute
from trellis.pipeline import recompute
from trellis.rules.types import RuleError
from trellis.segments import actions, lists
from trellis.segments.models import Segment
from trellis.segments.preview import preview

pytestmark = pytest.mark.django_db

SPAIN = {"field": "contact.country", "op": "eq", "value": "ES"}


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """What was asked for; what comes by the clock may be left of another test."""
    rows = ProcrastinateJob.objects.exclude(args__has_key="timestamp").order_by("id")
    return [(row.task_name, row.args) for row in rows]


def stated() -> list[tuple[str, int]]:
    return [
        (fact.name, fact.contact_id)
        for row in Inbox.objects.order_by("id")
        for fact in types.decoder.decode(bytes(row.facts))
    ]


def test_a_new_segment_is_built_and_its_first_members_enter_silently() -> None:
    ann, bob = person(country="ES"), person(country="RU")
    made = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    assert (made.status, made.progress) == ("building", 0)
    assert jobs() == [("pipeline.build_segment", {"segment_id": made.pk})]
    recompute.build_segment(made.pk)
    made.refresh_from_db()
    assert members("es") == {ann}
    assert (made.status, made.progress, made.size) == ("live", 100, 1)
    assert made.built_at is not None
    assert stated() == []
    assert bob not in members("es")


def test_a_changed_rule_tells_who_enters_and_leaves() -> None:
    ann, bob = person(country="ES"), person(country="RU")
    made = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    recompute.build_segment(made.pk)
    actions.update(SYSTEM, made.pk, NOW, rule={**SPAIN, "value": "RU"})
    recompute.build_segment(made.pk)
    assert members("es") == {bob}
    assert stated() == [("Segment Left", ann), ("Segment Entered", bob)]


def test_building_again_changes_nothing() -> None:
    person(country="ES")
    made = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    recompute.build_segment(made.pk)
    before = members("es")
    recompute.build_segment(made.pk)
    assert members("es") == before
    assert stated() == []


def test_inline_behaviour_becomes_a_signal_that_counts_it() -> None:
    rule = {
        "event": {
            "type": "page",
            "name": "Page Viewed",
            "filter": {"field": "prop.path", "op": "starts_with", "value": "/price"},
        },
        "op": "count_gte",
        "value": 2,
        "within": {"n": 14, "unit": "day"},
    }
    made = actions.create(SYSTEM, key="keen", name="Keen", rule=rule)
    counted = Signal.objects.get()
    assert made.rule["field"] == f"signal.{counted.key}"
    assert made.rule["within"] == {"n": 14, "unit": "day"}
    again = actions.create(SYSTEM, key="keen2", name="Keen too", rule=rule)
    assert again.rule == made.rule
    assert Signal.objects.count() == 1


def test_a_preview_makes_nothing() -> None:
    ann = person(country="ES")
    found = preview(SYSTEM, SPAIN, NOW)
    assert (found.count.n, found.count.exact, found.contact_ids) == (1, True, (ann,))
    assert "country" in found.sentence
    inline = {"event": {"type": "track", "name": "Bought"}, "op": "did"}
    with pytest.raises(NotCounted):
        preview(SYSTEM, inline, NOW)
    assert not Signal.objects.exists()
    assert not Segment.objects.exists()


def test_a_segment_reads_one_that_is_not_built_yet() -> None:
    ann = person(country="ES")
    actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    reader = actions.create(
        SYSTEM, key="r", name="R", rule={"field": "segment", "op": "in", "value": ["es"]}
    )
    recompute.build_segment(reader.pk)
    assert members("r") == {ann}


def test_lists_are_kept_by_hand_and_tell_it() -> None:
    ann, bob = person(), person()
    made = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    assert made.status == "live"
    assert lists.add(SYSTEM, made.pk, [ann, ann, 999_999], NOW) == 1
    assert lists.add(SYSTEM, made.pk, [ann, bob], NOW) == 1
    assert lists.remove(SYSTEM, made.pk, [bob], NOW) == 1
    settle(ann, bob)
    assert members("vip") == {ann}
    made.refresh_from_db()
    assert made.size == 1
    assert stated() == [
        ("Segment Entered", ann),
        ("Segment Entered", bob),
        ("Segment Left", bob),
    ]


def test_members_of_a_dynamic_segment_follow_from_its_rule() -> None:
    made = segment("es", SPAIN)
    with pytest.raises(InvalidInput):
        lists.add(SYSTEM, made.pk, [person()], NOW)


def test_what_a_rule_reads_cannot_be_archived() -> None:
    made = segment("es", SPAIN)
    reader = segment("r", {"field": "segment", "op": "in", "value": ["es"]})
    with pytest.raises(Conflict):
        actions.archive(SYSTEM, made.pk, NOW)
    actions.archive(SYSTEM, reader.pk, NOW)
    actions.archive(SYSTEM, made.pk, NOW)
    assert not Segment.objects.filter(archived_at__isnull=True).exists()


def test_a_segment_cannot_read_itself() -> None:
    made = segment("a", SPAIN)
    segment("b", {"field": "segment", "op": "in", "value": ["a"]})
    with pytest.raises(Conflict):
        actions.update(
            SYSTEM, made.pk, NOW, rule={"field": "segment", "op": "in", "value": ["b"]}
        )


def test_building_fills_the_signals_it_reads_first() -> None:
    ann = person()
    price = signal("price")
    did(ann, price, NOW.date())
    Signal.objects.filter(pk=price.pk).update(status="building")
    made = actions.create(
        SYSTEM, key="p", name="P", rule={"field": "signal.price", "op": "did"}
    )
    recompute.build_segment(made.pk)
    assert members("p") == {ann}
    assert Signal.objects.get(pk=price.pk).status == "live"


def test_a_mended_segment_is_built_again() -> None:
    ann = person(attributes={"vip": True})
    made = segment("vip", {"field": "attr.vip", "op": "eq", "value": True})
    settle(ann)
    assert Segment.objects.get(pk=made.pk).status == "broken"
    Attribute.objects.create(key="vip", label="VIP", type="boolean")
    settle(ann)
    assert Segment.objects.get(pk=made.pk).status == "building"
    assert jobs() == [("pipeline.build_segment", {"segment_id": made.pk})]
    recompute.build_segment(made.pk)
    made.refresh_from_db()
    assert (made.status, made.size) == ("live", 1)


def test_bad_rules_and_missing_rights_are_refused() -> None:
    with pytest.raises(RuleError):
        actions.create(SYSTEM, key="x", name="X", rule={"field": "attr.no", "op": "empty"})
    nobody = Actor(kind="user", id=2, name="Eve", rights=frozenset())
    with pytest.raises(Forbidden):
        actions.create(nobody, key="x", name="X", rule=SPAIN)
    with pytest.raises(InvalidInput):
        actions.create(SYSTEM, key="Not a key", name="X", rule=SPAIN)
    assert not Segment.objects.exists()
