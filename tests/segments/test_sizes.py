"""The sizes of segments follow what moves, and always are how many are in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from tests.pipeline.facts import device, email, fact, identify, run
from tests.world import NOW, person, segment, settle
from trellis.accounts.types import SYSTEM
from trellis.core import clock
from trellis.events import queries
from trellis.people import actions as people
from trellis.people import merge, purge
from trellis.people.models import Contact, Standing
from trellis.people.types import Merged
from trellis.pipeline import recompute
from trellis.segments import actions, lists, membership, snapshots
from trellis.segments.models import Membership, Segment, SegmentChange

pytestmark = pytest.mark.django_db

SPAIN = {"field": "contact.country", "op": "eq", "value": "ES"}


def sizes() -> dict[str, int]:
    """The sizes once they are settled; each is how many there are, and nothing drifted."""
    membership.settle()
    assert not SegmentChange.objects.exists()
    rows = Segment.objects.filter(archived_at=None)
    counted = {row.key: Membership.objects.filter(segment_id=row.pk).count() for row in rows}
    assert {row.key: row.size for row in rows} == counted
    assert membership.recount() == {}
    return counted


def vip(*contact_ids: int) -> Segment:
    """A list kept by hand."""
    held = Segment.objects.filter(key="vip").first() or actions.create(
        SYSTEM, key="vip", name="VIP", kind="static"
    )
    lists.add(SYSTEM, held.pk, contact_ids, NOW)
    return held


def test_batches_and_the_clock_move_sizes() -> None:
    segment("es", SPAIN)
    now = clock.now().timestamp()
    run(*(identify(email(f"{n}@x.io"), country="ES", at=now) for n in range(3)))
    assert sizes() == {"es": 3}
    run(identify(email("1@x.io"), country="FR", at=now + 1))
    assert sizes() == {"es": 2}
    ann = person(country="ES")
    settle(ann)
    settle(ann)
    assert sizes() == {"es": 3}


def test_builds_changed_rules_and_snapshots_move_sizes() -> None:
    for country in ("ES", "ES", "RU"):
        person(country=country)
    made = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    recompute.build_segment(made.pk)
    made.refresh_from_db()
    assert made.size == 2
    actions.update(SYSTEM, made.pk, NOW, rule={**SPAIN, "value": "RU"})
    recompute.build_segment(made.pk)
    frozen = actions.snapshot(SYSTEM, made.pk, key="then", name="Then")
    snapshots.take(frozen.pk, "system")
    person(country="RU")
    actions.rebuild(SYSTEM, frozen.pk)
    snapshots.take(frozen.pk, "system")
    assert sizes() == {"es": 1, "then": 2}


def test_lists_that_are_pasted_and_thinned_move_sizes() -> None:
    run(*(identify(email(f"{n}@x.io")) for n in range(3)))
    held = vip()
    lists.paste(SYSTEM, held.pk, "email\n0@x.io\n1@x.io\n1@x.io\nnobody@x.io", NOW)
    held.refresh_from_db()
    assert held.size == 2
    lists.remove(SYSTEM, held.pk, [Membership.objects.first().contact_id, 10**9], NOW)  # type: ignore[union-attr]  # two are in
    held.refresh_from_db()
    assert held.size == 1
    assert sizes() == {"vip": 1}


def test_merges_and_their_undoing_move_sizes() -> None:
    run(identify(email("a@x.io"), device("d1")), identify(email("b@x.io"), device("d2")))
    ann, bob = Contact.objects.order_by("contact_id").values_list("contact_id", flat=True)
    vip(ann, bob)
    number = people.merge(SYSTEM, ann, bob)
    assert sizes() == {"vip": 1}
    people.undo_merge(SYSTEM, number)
    assert sizes() == {"vip": 2}


def test_two_who_go_into_one_at_once_count_once() -> None:
    winner, *losers = (person(known=False) for _ in range(3))
    vip(*losers)
    assert sizes() == {"vip": 2}
    merge.merge([Merged(winner, loser, "hand") for loser in losers], clock.now())
    assert sizes() == {"vip": 1}


def test_who_is_identified_brings_membership_along_once() -> None:
    run(fact("Seen", device("d1")), fact("Seen", device("d2")))
    vip(*Contact.objects.values_list("contact_id", flat=True))
    run(identify(email("a@x.io"), device("d1")), identify(email("a@x.io"), device("d2")))
    assert Contact.objects.filter(merged_into=None).count() == 1
    assert sizes() == {"vip": 1}


def test_erased_and_forgotten_people_leave_the_sizes() -> None:
    run(identify(email("a@x.io")), fact("Seen", device("d1")))
    numbers = list(Contact.objects.order_by("contact_id").values_list("contact_id", flat=True))
    vip(*numbers)
    people.erase(SYSTEM, Contact.objects.get(known=True).contact_id, "asked for it")
    assert sizes() == {"vip": 1}
    old = clock.now() - timedelta(days=settings.TRELLIS_ANONYMOUS_DAYS + 1)
    Contact.objects.update(created_at=old)
    Standing.objects.update(last_seen=old)
    assert purge.anonymous(clock.now()) == 1
    assert sizes() == {"vip": 0}


def test_a_segment_out_of_use_is_empty_whatever_was_noted() -> None:
    held = vip(person())
    membership.note({held.pk: 5})
    actions.archive(SYSTEM, held.pk, NOW)
    membership.settle()
    held.refresh_from_db()
    assert held.size == 0


def test_a_size_that_drifted_is_healed_and_said() -> None:
    held = vip(person(), person())
    Segment.objects.filter(pk=held.pk).update(size=7)
    lists.add(SYSTEM, held.pk, [person()], NOW)
    assert membership.recount() == {"vip": -5}
    held.refresh_from_db()
    assert held.size == 3
    counted = queries.counted(("segment_size",), clock.now() - timedelta(hours=1))
    assert counted["segment_size"] == {"vip": 5}
    assert sizes() == {"vip": 3}
