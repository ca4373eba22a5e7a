"""From identities to contacts, in the database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people.test_decide import honest_claims, partition
from trellis.people.merge import merge
from trellis.people.models import Contact, ContactIdentity, Identity, IdentityConflict, Standing
from trellis.people.resolve import resolve
from trellis.people.types import Claim, Ident, Resolution

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
T = NOW.timestamp()


def settle(*claims: Claim) -> Resolution:
    with transaction.atomic():
        return resolve(claims, NOW)


@pytest.mark.django_db
def test_a_new_visitor_gets_a_contact_a_standing_and_an_identity() -> None:
    done = settle(Claim(T - 5, (("anonymous_id", "d"),)), Claim(T, (("anonymous_id", "d"),)))
    (number,) = done.created
    assert done.contact_ids == [number, number]
    assert Contact.objects.get(contact_id=number).known is False
    standing = Standing.objects.get(contact_id=number)
    assert (standing.first_seen.timestamp(), standing.last_seen.timestamp()) == (T - 5, T)
    assert ContactIdentity.objects.get(contact_id=number).value == "d"


@pytest.mark.django_db
def test_a_second_batch_finds_the_same_contact() -> None:
    first = settle(Claim(T, (("email", "a@x.io"),)))
    second = settle(Claim(T + 1, (("email", "a@x.io"),)))
    assert second.contact_ids == first.contact_ids
    assert second.created == []
    assert Standing.objects.get().last_seen.timestamp() == T + 1


@pytest.mark.django_db
def test_an_older_fact_moves_first_seen_and_not_last_seen() -> None:
    settle(Claim(T, (("email", "a@x.io"),)))
    settle(Claim(T - 90, (("email", "a@x.io"),)))
    standing = Standing.objects.get()
    assert (standing.first_seen.timestamp(), standing.last_seen.timestamp()) == (T - 90, T)


@pytest.mark.django_db
def test_what_we_state_ourselves_is_no_sign_of_life() -> None:
    (number,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    done = settle(Claim(T + 50, (), number, seen=False))
    assert done.contact_ids == [number]
    assert Standing.objects.get().last_seen.timestamp() == T


@pytest.mark.django_db
def test_an_anonymous_contact_that_names_itself_becomes_known() -> None:
    (number,) = settle(Claim(T, (("anonymous_id", "d"),))).contact_ids
    done = settle(Claim(T + 1, (("email", "a@x.io"), ("anonymous_id", "d"))))
    assert done.contact_ids == [number]
    assert done.identified == [number]
    assert Contact.objects.get().known is True


@pytest.mark.django_db
def test_an_anonymous_contact_is_merged_into_the_known_one() -> None:
    (known,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    (visitor,) = settle(Claim(T, (("anonymous_id", "d"),))).contact_ids
    done = settle(Claim(T + 1, (("email", "a@x.io"), ("anonymous_id", "d"))))
    assert done.contact_ids == [known]
    assert [(m.winner, m.loser) for m in done.merges] == [(known, visitor)]


@pytest.mark.django_db
def test_a_device_of_two_people_is_shared_and_points_to_nobody() -> None:
    settle(Claim(T, (("email", "a@x.io"), ("anonymous_id", "d"))))
    settle(Claim(T, (("email", "b@x.io"), ("anonymous_id", "d"))))
    row = Identity.objects.get(kind="anonymous_id")
    assert (row.shared, row.contact_id) == (True, 0)
    assert not ContactIdentity.objects.filter(kind="anonymous_id").exists()
    (stranger,) = settle(Claim(T, (("anonymous_id", "d"),))).created
    assert settle(Claim(T, (("anonymous_id", "d"),))).contact_ids == [stranger]
    assert Contact.objects.get(contact_id=stranger).known is False


@pytest.mark.django_db
def test_two_people_kept_apart_stand_in_the_duplicates_queue() -> None:
    (one,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    (two,) = settle(Claim(T, (("phone", "+34600111222"),))).contact_ids
    settle(Claim(T, (("email", "a@x.io"), ("phone", "+34600111222"))))
    settle(Claim(T, (("email", "a@x.io"), ("phone", "+34600111222"))))
    row = IdentityConflict.objects.get()
    assert (row.contact_id, row.other_id, row.reason) == (one, two, "no_user_id")


@pytest.mark.django_db
def test_a_fact_about_a_merged_contact_goes_to_the_survivor() -> None:
    (one,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    (two,) = settle(Claim(T, (("email", "b@x.io"),))).contact_ids
    Contact.objects.filter(contact_id=two).update(merged_into=one)
    assert settle(Claim(T, (), two, seen=False)).contact_ids == [one]


@pytest.mark.django_db
def test_a_fact_about_an_erased_contact_goes_nowhere() -> None:
    assert settle(Claim(T, (), 999, seen=False)).contact_ids == [0]


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_the_same_new_people_make_each_once() -> None:
    barrier = threading.Barrier(4)
    failures: list[BaseException] = []

    def work(turn: int) -> None:
        try:
            for i in range(10):
                barrier.wait(30)
                ids = [
                    (("email", f"p{i}-{n}@x.io"), ("anonymous_id", f"d{i}-{n}"))
                    for n in range(8)
                ]
                with transaction.atomic():
                    resolve([Claim(T, pair) for pair in (ids if turn % 2 else ids[::-1])], NOW)
        except BaseException as error:  # noqa: BLE001  # shown by the main thread
            failures.append(error)
            barrier.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Contact.objects.count() == 80
    assert Identity.objects.count() == ContactIdentity.objects.count() == 160
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM identity JOIN contact_identity USING (contact_id, kind, value)"
        )
        assert cursor.fetchone() == (160,)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(honest_claims(), max_size=9), st.lists(st.integers(1, 4), min_size=9))
def test_cutting_claims_into_batches_does_not_decide_who_is_one(
    claims: list[tuple[Ident, ...]], sizes: list[int]
) -> None:
    assert settled(claims, [len(claims)]) == settled(claims, sizes) == partition(claims)


def settled(claims: list[tuple[Ident, ...]], sizes: list[int]) -> set[frozenset[Ident]]:
    """The strong identities by contact after these claims in batches of these sizes."""
    for model in (Contact, Standing, Identity, ContactIdentity):
        model.objects.all().delete()
    rest = [Claim(T + i, ids) for i, ids in enumerate(claims)]
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        if batch:
            merge(resolve(batch, NOW).merges, NOW)
    groups: dict[int, set[Ident]] = {}
    for row in Identity.objects.exclude(kind="anonymous_id"):
        groups.setdefault(row.contact_id, set()).add((row.kind, row.value))
    alive = set(Contact.objects.filter(merged_into=None).values_list("contact_id", flat=True))
    assert groups.keys() <= alive
    return {frozenset(group) for group in groups.values()}


DEVICE: Ident = ("anonymous_id", "d")


@pytest.mark.django_db
def test_a_click_ties_a_new_device_to_the_contact() -> None:
    (known,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    done = settle(Claim(T + 1, (DEVICE,), clicked=known))
    assert (done.contact_ids, done.tied) == ([known], {DEVICE})
    assert settle(Claim(T + 2, (DEVICE,))).contact_ids == [known]


@pytest.mark.django_db
def test_a_click_joins_the_stranger_of_the_device_to_the_contact() -> None:
    (known,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    (visitor,) = settle(Claim(T, (DEVICE,))).contact_ids
    done = settle(Claim(T + 1, (DEVICE,), clicked=known))
    assert done.contact_ids == [known]
    assert [(m.winner, m.loser, m.reason) for m in done.merges] == [
        (known, visitor, "message_link")
    ]


@pytest.mark.django_db
def test_a_forwarded_click_leaves_a_device_to_whom_it_is_known_by() -> None:
    (ann,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    (bob,) = settle(Claim(T, (("email", "b@x.io"), DEVICE))).contact_ids
    done = settle(Claim(T + 1, (DEVICE,), clicked=ann))
    assert (done.contact_ids, done.tied, done.merges) == ([bob], frozenset(), [])
    assert Identity.objects.get(kind="anonymous_id").shared is False


@pytest.mark.django_db
def test_a_shared_device_is_not_tied() -> None:
    (ann,) = settle(Claim(T, (("email", "a@x.io"), DEVICE))).contact_ids
    settle(Claim(T, (("email", "b@x.io"), DEVICE)))
    done = settle(Claim(T + 1, (DEVICE,), clicked=ann))
    assert done.tied == frozenset()
    assert done.contact_ids != [ann]


@pytest.mark.django_db
def test_the_friend_of_a_forwarded_message_is_never_merged() -> None:
    (ann,) = settle(Claim(T, (("email", "a@x.io"),))).contact_ids
    settle(Claim(T + 1, (DEVICE,), clicked=ann))
    done = settle(Claim(T + 2, (("email", "b@x.io"), DEVICE)))
    assert done.merges == []
    assert done.contact_ids != [ann]
    assert Identity.objects.get(kind="anonymous_id").shared is True


@pytest.mark.django_db
def test_nobody_is_tied_to_a_contact_that_is_gone_or_was_never_known() -> None:
    (stranger,) = settle(Claim(T, (("anonymous_id", "e"),))).contact_ids
    for clicked in (stranger, 987_654):
        assert settle(Claim(T, (DEVICE,), clicked=clicked)).tied == frozenset()
