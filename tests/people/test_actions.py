"""What people and programs do with contacts by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.pipeline.facts import NOW, T, device, email, fact, identify, page, run
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.events import signals
from trellis.events.models import Event, EventName, SignalDaily
from trellis.people import actions, purge
from trellis.people.models import (
    Contact,
    ContactIdentity,
    Identity,
    IdentityConflict,
    Merge,
    Standing,
    Tombstone,
)
from trellis.segments.models import Membership

pytestmark = pytest.mark.django_db
VIEWER = Actor(kind="user", id=1, name="Ann", rights=frozenset())


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_contact_is_made_with_its_profile_and_identities() -> None:
    number = actions.create_contact(
        SYSTEM, {"email": " Ana@X.io ", "phone": "600 111 222", "country": "es", "size": 4}
    )
    contact = Contact.objects.get(contact_id=number)
    assert (contact.email, contact.phone, contact.country) == ("ana@x.io", "+34600111222", "ES")
    assert (contact.known, contact.attributes) == (True, {"size": 4})
    assert ContactIdentity.objects.filter(contact_id=number).count() == 2
    assert Audit.objects.get().action == "contact.create"


def test_a_contact_is_not_made_twice() -> None:
    number = actions.create_contact(SYSTEM, {"email": "a@x.io"})
    with pytest.raises(Conflict) as caught:
        actions.create_contact(SYSTEM, {"email": "A@x.io", "first_name": "Ana"})
    assert caught.value.data["contact_id"] == number
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    "traits", [{}, {"first_name": "Ana"}, {"email": "nobody"}, {"email": "a@x.io", "city": []}]
)
def test_a_contact_that_is_not_valid_is_refused_whole(traits: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        actions.create_contact(SYSTEM, traits)
    assert not Contact.objects.exists()


def test_without_the_right_nothing_changes() -> None:
    number = actions.create_contact(SYSTEM, {"email": "a@x.io"})
    with pytest.raises(Forbidden):
        actions.create_contact(VIEWER, {"email": "b@x.io"})
    with pytest.raises(Forbidden):
        actions.update_contact(VIEWER, number, {"city": "Vic"})
    with pytest.raises(Forbidden):
        actions.merge(VIEWER, number, number)
    with pytest.raises(Forbidden):
        actions.erase(VIEWER, number, "asked")


def test_a_change_by_hand_is_told_and_wins() -> None:
    run(identify(email("a@x.io"), city="Vic"))
    contact = Contact.objects.get()
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        actions.update_contact(SYSTEM, contact.contact_id, {"city": "Girona"})
    contact.refresh_from_db()
    assert contact.city == "Girona"
    assert contact.provenance["city"]["src"] == "system"
    run()
    assert EventName.objects.filter(name="Contact Changed").exists()


def test_an_address_of_somebody_else_is_refused() -> None:
    actions.create_contact(SYSTEM, {"email": "a@x.io"})
    number = actions.create_contact(SYSTEM, {"email": "b@x.io"})
    with pytest.raises(Conflict):
        actions.update_contact(SYSTEM, number, {"email": "a@x.io"})
    assert Contact.objects.get(contact_id=number).email == "b@x.io"


def test_identities_come_and_go() -> None:
    number = actions.create_contact(SYSTEM, {"email": "a@x.io"})
    actions.add_identity(SYSTEM, number, "crm", "77")
    assert Identity.objects.get(kind="crm").contact_id == number
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        actions.remove_identity(SYSTEM, number, "email", "a@x.io")
    assert not Identity.objects.filter(kind="email").exists()
    assert Contact.objects.get().email == ""
    with pytest.raises(NotFound):
        actions.remove_identity(SYSTEM, number, "email", "a@x.io")


def two_known() -> tuple[int, int]:
    """Ana with two visits and a segment, Ben with three visits and another name."""
    signals.ensure("page", "Page Viewed")
    run(
        identify(email("ana@x.io"), device("d1"), first_name="Ana", at=T - 50),
        *(page("/", email("ana@x.io")) for _ in range(2)),
        identify(email("ben@x.io"), device("d2"), first_name="Ben", city="Vic", at=T - 40),
        *(page("/", email("ben@x.io")) for _ in range(3)),
    )
    ana = Identity.objects.get(value="ana@x.io").contact_id
    ben = Identity.objects.get(value="ben@x.io").contact_id
    for number, segment in ((ana, 1), (ben, 1), (ben, 2)):
        Membership.objects.create(contact_id=number, segment_id=segment, since=NOW)
    return ana, ben


def picture() -> list[object]:
    """All that a merge moves, to compare before and after."""
    return [
        sorted(
            SignalDaily.objects.values_list("contact_id", "signal_id", "day", "n", "last_at")
        ),
        sorted(Membership.objects.values_list("contact_id", "segment_id")),
        sorted(Identity.objects.values_list("value", "contact_id")),
        sorted(ContactIdentity.objects.values_list("value", "contact_id")),
        sorted(
            Event.objects.filter(depth=0).values_list("event_id", "contact_id", "origin_id")
        ),
        sorted(Standing.objects.values_list("contact_id", "first_seen", "last_seen")),
        [
            (c.contact_id, c.first_name, c.city, c.provenance, c.merged_into, c.known)
            for c in Contact.objects.order_by("contact_id")
        ],
    ]


def test_merging_by_hand_and_undoing_gives_back_what_was() -> None:
    ana, ben = two_known()
    before = picture()
    number = actions.merge(SYSTEM, ana, ben)
    merged = Contact.objects.get(contact_id=ana)
    assert (merged.first_name, merged.city) == ("Ben", "Vic"), "the newest word wins"
    assert SignalDaily.objects.get().n == 5
    assert actions.undo_merge(SYSTEM, number) == ben
    assert picture() == before
    with pytest.raises(Conflict):
        actions.undo_merge(SYSTEM, number)


def test_what_came_after_the_merge_stays_with_the_survivor() -> None:
    ana, ben = two_known()
    number = actions.merge(SYSTEM, ana, ben)
    run(page("/", email("ben@x.io")))
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        actions.update_contact(SYSTEM, ana, {"city": "Olot"})
        actions.undo_merge(SYSTEM, number)
    assert dict(SignalDaily.objects.values_list("contact_id", "n")) == {ana: 3, ben: 3}
    assert Contact.objects.get(contact_id=ana).city == "Olot"
    assert Contact.objects.get(contact_id=ben).city == "Vic"


def test_merges_are_undone_from_the_last_one() -> None:
    ana, ben = two_known()
    first = actions.merge(SYSTEM, ana, ben)
    eve = actions.create_contact(SYSTEM, {"email": "eve@x.io"})
    before = picture()
    last = actions.merge(SYSTEM, eve, ana)
    with pytest.raises(Conflict):
        actions.undo_merge(SYSTEM, first)
    actions.undo_merge(SYSTEM, last)
    assert picture() == before
    actions.undo_merge(SYSTEM, first)
    assert Contact.objects.filter(merged_into=None).count() == 3


def test_a_merged_contact_cannot_be_changed_or_merged_again() -> None:
    ana, ben = two_known()
    actions.merge(SYSTEM, ana, ben)
    with pytest.raises(Conflict):
        actions.update_contact(SYSTEM, ben, {"city": "Vic"})
    with pytest.raises(Conflict):
        actions.merge(SYSTEM, ana, ben)
    with pytest.raises(InvalidInput):
        actions.merge(SYSTEM, ana, ana)


def test_merging_settles_the_duplicates_queue() -> None:
    ana, ben = two_known()
    IdentityConflict.objects.create(
        contact_id=ana, other_id=ben, kind="email", value="ben@x.io", reason="no_user_id"
    )
    actions.merge(SYSTEM, ana, ben)
    assert IdentityConflict.objects.get().settled_at == NOW


def test_an_anonymous_merge_of_the_pipeline_can_be_undone() -> None:
    signals.ensure("page", "Page Viewed")
    run(identify(email("a@x.io")), page("/", device("d")))
    before = picture()[:4]
    run(identify(email("a@x.io"), device("d")))
    assert SignalDaily.objects.get().contact_id == Merge.objects.get().contact_id
    actions.undo_merge(SYSTEM, Merge.objects.get().merge_id)
    assert picture()[:4] == before


def test_erasing_leaves_a_tombstone_and_nothing_else() -> None:
    ana, ben = two_known()
    actions.merge(SYSTEM, ana, ben)
    run()
    actions.erase(SYSTEM, ana, "asked by letter")
    assert set(Tombstone.objects.values_list("contact_id", flat=True)) == {ana, ben}
    for model in (Contact, Identity, ContactIdentity, Standing, SignalDaily, Event, Membership):
        assert not model.objects.exists(), model
    assert "x.io" not in str(list(Audit.objects.filter(action="contact.erase").values()))
    run(fact("Late", email("ana@x.io")))
    assert Contact.objects.get().contact_id not in (ana, ben)


def test_a_fact_about_an_erased_contact_is_counted_and_dropped() -> None:
    number = actions.create_contact(SYSTEM, {"email": "a@x.io"})
    actions.erase(SYSTEM, number, "asked")
    run()
    assert not Event.objects.exists()


def test_old_visitors_are_purged_and_known_people_stay() -> None:
    long_ago = NOW - timedelta(days=200)
    with time_machine.travel(long_ago, tick=False):
        at = long_ago.timestamp()
        run(page("/", device("old"), at=at), page("/", device("back"), at=at))
        run(identify(email("a@x.io"), device("hers"), at=at))
    run(page("/", device("back")), page("/", device("new")))
    assert purge.anonymous(NOW) == 1
    left = set(Identity.objects.values_list("value", flat=True))
    assert left == {"back", "new", "hers", "a@x.io"}


def test_purging_the_stand_in_of_a_shared_device_keeps_it_shared() -> None:
    long_ago = NOW - timedelta(days=200)
    with time_machine.travel(long_ago, tick=False):
        at = long_ago.timestamp()
        run(identify(email("a@x.io"), device("d"), at=at))
        run(identify(email("b@x.io"), device("d"), at=at))
        run(page("/", device("d"), at=at))
    assert purge.anonymous(NOW) == 1
    row = Identity.objects.get(value="d")
    assert (row.shared, row.contact_id) == (True, 0)
