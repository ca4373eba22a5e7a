"""Membership by difference, in the order of dependency (design.md section 5, W14)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.world import NOW, did, members, person, segment, settle, signal
from trellis.people.models import Contact
from trellis.segments.models import Membership, Segment

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def test_entering_and_leaving_are_events_with_their_cause() -> None:
    segment("es", {"field": "contact.country", "op": "eq", "value": "ES"})
    ann, bob = person(country="ES"), person(country="RU")
    facts = settle(ann, bob)
    assert members("es") == {ann}
    entered = [f for f in facts if f.name == "Segment Entered"]
    assert [(f.contact_id, f.props["segment"], f.depth) for f in entered] == [(ann, "es", 1)]

    Contact.objects.filter(contact_id=ann).update(country="RU")
    facts = settle(ann, bob)
    assert members("es") == set()
    assert [(f.name, f.contact_id) for f in facts] == [("Segment Left", ann)]
    assert settle(ann, bob) == []


def test_an_empty_rule_matches_nobody() -> None:
    segment("empty", {})
    segment("hollow", {"all": []})
    segment("nothing", {"none": []})
    settle(person())
    assert Membership.objects.count() == 0


def test_one_condition_may_combine_population_behaviour_and_lifecycle() -> None:
    price = signal("price")
    segment(
        "hot-spain",
        {
            "all": [
                {"field": "contact.country", "op": "eq", "value": "es"},
                {"field": "signal.price", "op": "count_gte", "value": 2},
                {"field": "stage", "op": "in", "value": ["lead", "mql"]},
            ]
        },
    )
    ann, bob, visitor = person(country="ES"), person(country="ES"), person(known=False)
    did(ann, price, TODAY, 2)
    did(bob, price, TODAY, 1)
    did(visitor, price, TODAY, 2)
    settle(ann, bob, visitor)
    assert members("hot-spain") == {ann}


def test_a_segment_of_segments_follows_in_the_same_derivation() -> None:
    segment("b", {"none": [{"field": "contact.country", "op": "eq", "value": "ES"}]})
    segment("c", {"all": [{"field": "contact.known", "op": "eq", "value": True}]})
    Segment.objects.filter(key="b").update(
        rule={
            "all": [
                {"field": "segment", "op": "in", "value": ["c"]},
                {"field": "segment", "op": "not_in", "value": ["list"]},
            ]
        }
    )
    held = segment("list", {}, kind="static")
    ann, bob = person(), person()
    Membership.objects.create(contact_id=bob, segment_id=held.pk, since=NOW)
    settle(ann, bob)
    assert members("c") == {ann, bob}
    assert members("b") == {ann}
    assert members("list") == {bob}


def test_a_member_leaves_on_the_day_its_window_ends() -> None:
    price = signal("price")
    segment(
        "recent",
        {
            "field": "signal.price",
            "op": "did",
            "within": {"n": 14, "unit": "day"},
        },
    )
    ann = person()
    did(ann, price, TODAY - timedelta(days=13))
    settle(ann)
    assert members("recent") == {ann}
    settle(ann, now=NOW + timedelta(days=1))
    assert members("recent") == set()


def test_a_broken_segment_is_frozen_and_breaks_what_reads_it() -> None:
    segment("es", {"field": "contact.country", "op": "eq", "value": "ES"})
    segment("reader", {"field": "segment", "op": "in", "value": ["es"]})
    ann = person(country="ES")
    settle(ann)
    Segment.objects.filter(key="es").update(rule={"field": "attr.gone", "op": "not_empty"})
    Contact.objects.filter(contact_id=ann).update(country="RU")
    assert settle(ann) == []
    assert members("es") == members("reader") == {ann}
    assert Segment.objects.get(key="es").status == "broken"
    assert "attr.gone" in Segment.objects.get(key="es").why
    assert Segment.objects.get(key="reader").status == "broken"


def test_segments_that_read_each_other_are_broken() -> None:
    segment("a", {"field": "contact.known", "op": "eq", "value": True})
    segment("b", {"field": "segment", "op": "in", "value": ["a"]})
    Segment.objects.filter(key="a").update(
        rule={"field": "segment", "op": "in", "value": ["b"]}
    )
    settle(person())
    assert set(Segment.objects.values_list("status", flat=True)) == {"broken"}


def test_a_segment_waits_while_its_signal_counts_the_past() -> None:
    signal("price", status="building")
    segment("never", {"field": "signal.price", "op": "did_not"})
    settle(person())
    assert members("never") == set()
    assert Segment.objects.get(key="never").status == "live"
