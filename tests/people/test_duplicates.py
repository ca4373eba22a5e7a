"""The duplicates queue: found for those who changed, decided once, and remembered."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from tests import world
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from trellis.core.models import Counter
from trellis.leads import actions as leads
from trellis.leads.models import Lead, StageMove
from trellis.people import actions, duplicates
from trellis.people.models import (
    Contact,
    Duplicate,
    IdentityConflict,
    Likeness,
    LikenessDue,
    Merge,
)
from trellis.people.preview import preview

pytestmark = pytest.mark.django_db


def person(email: str, name: str = "Laura Vidal", **traits: Any) -> int:
    first, _, last = name.partition(" ")
    given = {"email": email, "first_name": first, "last_name": last, **traits}
    return actions.create_contact(SYSTEM, given)


def two(**traits: Any) -> tuple[int, int]:
    """The same person twice, by two forms of one mailbox; looked at."""
    pair = person("laura.vidal@gmail.com", **traits), person("lauravidal+x@gmail.com", **traits)
    duplicates.work()
    return pair


def test_two_forms_of_one_mailbox_are_found_with_their_reasons() -> None:
    one, other = two()
    (pair,) = duplicates.queue()
    assert (pair.contact_id, pair.other_id) == (one, other)
    assert pair.sure
    facts = {reason.code: reason.facts for reason in pair.reasons}
    assert facts["same_mailbox"] == {
        "one": "laura.vidal@gmail.com",
        "other": "lauravidal+x@gmail.com",
    }
    assert duplicates.counts() == (1, 1)
    assert not LikenessDue.objects.exists()


def test_a_number_in_another_attribute_is_compared_too() -> None:
    one = person("a@x.io", "Marc Soler", phone="+34600111222")
    other = person("b@y.io", "Marc Soler", mobile="600 111 222")
    duplicates.work()
    (pair,) = duplicates.queue(reason="same_phone")
    assert (pair.contact_id, pair.other_id) == (one, other)


def test_who_is_alike_no_longer_leaves_the_queue() -> None:
    _one, other = two()
    actions.update_contact(SYSTEM, other, {"email": "marc@x.io", "first_name": "Marc"})
    actions.remove_identity(SYSTEM, other, "email", "lauravidal+x@gmail.com")
    actions.update_contact(SYSTEM, other, {"last_name": "Soler"})
    duplicates.work()
    assert duplicates.queue() == []


def test_what_does_not_matter_makes_nobody_due() -> None:
    one, _ = two()
    actions.update_contact(SYSTEM, one, {"topic": "bread"})
    assert not LikenessDue.objects.exists()


def test_a_name_that_many_bear_says_nothing_and_is_counted() -> None:
    for number in range(duplicates.CROWD + 5):
        person(f"p{number}@x.io", "Ana Mas")
    duplicates.work()
    assert duplicates.queue() == []
    found = Counter.objects.filter(name="duplicates", reason="too_common")
    assert sum(row.n for row in found) > 0


def test_a_fact_that_named_two_stands_in_the_queue() -> None:
    one, other = person("a@x.io", "Ana Mas"), person("b@y.io", "Ben Roca")
    IdentityConflict.objects.create(
        contact_id=one, other_id=other, kind="phone", value="+34600", reason="no_user_id"
    )
    duplicates.note([one])
    duplicates.work()
    (pair,) = duplicates.queue()
    assert "named_together" in {reason.code for reason in pair.reasons}


def test_that_they_are_two_people_is_remembered_and_can_be_taken_back() -> None:
    one, other = two()
    actions.keep_apart(SYSTEM, other, one)
    duplicates.note([one, other])
    duplicates.work()
    assert duplicates.queue() == []
    (apart,) = duplicates.queue("apart")
    assert apart.decided_by == "system"
    actions.doubt(SYSTEM, one, other)
    duplicates.work()
    assert [pair.state for pair in duplicates.queue()] == ["open"]


def test_nobody_is_a_pair_with_themselves() -> None:
    ann = world.person()
    for say in (actions.keep_apart, actions.doubt):
        with pytest.raises(InvalidInput):
            say(SYSTEM, ann, ann)


def test_apart_from_the_loser_is_apart_from_the_winner_until_the_merge_is_undone() -> None:
    one, other = two()
    third = person("laura.vidal+y@gmail.com")
    duplicates.work()
    actions.keep_apart(SYSTEM, other, third)
    number = actions.merge(SYSTEM, one, other)
    duplicates.work()
    assert duplicates.queue() == []
    actions.undo_merge(SYSTEM, number)
    duplicates.work()
    assert [(row.contact_id, row.other_id) for row in duplicates.queue()] == [(one, third)]


def test_a_merge_leaves_the_queue_and_its_undoing_says_two_people() -> None:
    one, other = two()
    number = actions.merge(SYSTEM, one, other)
    duplicates.work()
    assert duplicates.queue() == []
    assert [row.state for row in duplicates.queue("merged")] == ["merged"]
    assert not Likeness.objects.filter(contact_id=other).exists()
    actions.undo_merge(SYSTEM, number)
    duplicates.work()
    assert duplicates.queue() == []
    assert [row.state for row in duplicates.queue("apart")] == ["apart"]


def test_the_second_to_merge_a_pair_is_told_who_was_quicker() -> None:
    one, other = two()
    ann = Actor(kind="user", id=7, name="Ann Puig", rights=SYSTEM.rights)
    actions.merge(ann, one, other)
    with pytest.raises(Conflict, match="Ann Puig merged contact"):
        actions.merge(SYSTEM, one, other)
    with pytest.raises(Conflict, match="Ann Puig"):
        actions.merge(SYSTEM, other, one)
    with pytest.raises(Conflict):
        actions.keep_apart(SYSTEM, one, other)
    assert Merge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_one_pair_at_once_make_one_merge() -> None:
    one, other = two()
    gate, said = threading.Barrier(2), list[str]()

    def press(winner: int, loser: int) -> None:
        gate.wait()
        try:
            actions.merge(SYSTEM, winner, loser)
            said.append("merged")
        except Conflict as error:
            said.append(error.message)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=press, args=pair) for pair in ((one, other), (other, one))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text == "merged" for text in said) == [False, True], said
    assert Merge.objects.count() == 1
    assert Contact.objects.filter(merged_into__isnull=False).count() == 1


def test_sure_pairs_are_merged_together_and_chains_end_in_one() -> None:
    one, other = two()
    third = person("laura.vidal+y@gmail.com")
    person("z@x.io", "Zoe Wolf")
    duplicates.work()
    pairs = [(row.contact_id, row.other_id) for row in duplicates.queue(sure=True)]
    assert len(pairs) == 3
    done, left = actions.merge_sure(SYSTEM, pairs)
    assert (done, left) == (2, 1)
    into = dict(Contact.objects.values_list("contact_id", "merged_into"))
    assert (into[one], into[other], into[third]) == (None, one, one)


def test_a_pair_that_is_not_sure_is_not_merged_with_others() -> None:
    one = person("a@x.io", "Laura Vidal", city="Vic")
    other = person("b@y.io", "Laura Vidal", city="Vic")
    duplicates.work()
    assert len(duplicates.queue()) == 1
    assert actions.merge_sure(SYSTEM, [(one, other)]) == (0, 1)


def test_the_preview_is_what_the_merge_makes() -> None:
    one, other = person("a@x.io", city="Vic"), person("b@y.io", city="Girona", topic="bread")
    shown = preview(one, other)
    actions.merge(SYSTEM, one, other)
    contact = Contact.objects.get(contact_id=one)
    made = {value.key: value.result for value in shown.values}
    for key in ("email", "first_name", "last_name", "city"):
        assert made[key] == getattr(contact, key), key
    assert made["topic"] == contact.attributes["topic"] == "bread"
    sides = {value.key: (value.side, value.why) for value in shown.values}
    assert sides["city"] == ("loser", "newer")
    assert sides["topic"] == ("loser", "only")
    assert shown.moves["contact_identity"] == 1


def test_a_merge_keeps_the_stage_that_is_further_along_and_says_so() -> None:
    one, other = two()
    now = clock.now()
    world.settle(one, other, now=now)
    leads.move_stage(SYSTEM, [other], "mql", "hand", "", now)
    before = Lead.objects.get(contact_id=one).stage_id
    further = Lead.objects.get(contact_id=other).stage_id
    number = actions.merge(SYSTEM, one, other)
    assert Lead.objects.get(contact_id=one).stage_id == further
    move = StageMove.objects.filter(contact_id=one).latest("move_id")
    assert (move.how, move.reason) == ("merge", f"#{other} was further along")
    actions.undo_merge(SYSTEM, number)
    assert Lead.objects.get(contact_id=one).stage_id == before
    assert Lead.objects.get(contact_id=other).stage_id == further


def test_a_merge_leaves_the_further_stage_of_the_winner_alone() -> None:
    one, other = two()
    now = clock.now()
    world.settle(one, other, now=now)
    leads.move_stage(SYSTEM, [one], "mql", "hand", "", now)
    stage = Lead.objects.get(contact_id=one).stage_id
    actions.merge(SYSTEM, one, other)
    assert Lead.objects.get(contact_id=one).stage_id == stage
    assert not StageMove.objects.filter(how="merge").exists()


def test_who_may_only_read_decides_nothing() -> None:
    one, other = two()
    reader = Actor(kind="user", id=3, name="Vic", rights=frozenset({"contacts.read"}))
    for act in (actions.keep_apart, actions.doubt, actions.merge):
        with pytest.raises(Forbidden):
            act(reader, one, other)
    with pytest.raises(Forbidden):
        actions.merge_sure(reader, [(one, other)])


def test_erasing_somebody_takes_them_out_of_the_queue() -> None:
    one, other = two()
    actions.erase(SYSTEM, other, "asked")
    assert not Duplicate.objects.exists()
    assert not Likeness.objects.filter(contact_id=other).exists()
    with pytest.raises(NotFound):
        actions.keep_apart(SYSTEM, one, other)


def test_pages_of_the_queue_follow_each_other() -> None:
    for number in range(7):
        person(f"p{number}.long@gmail.com", f"Name{number} Longer{number}")
        person(f"p{number}long@gmail.com", f"Name{number} Longer{number}")
    duplicates.work()
    seen: list[tuple[int, int]] = []
    after = ""
    while rows := duplicates.queue(after=after, limit=3):
        seen += [(row.contact_id, row.other_id) for row in rows]
        after = rows[-1].position
    assert len(seen) == len(set(seen)) == 7


def test_the_work_is_done_in_chunks() -> None:
    for number in range(5):
        person(f"p{number}@x.io", f"Name{number} Other{number}")
    assert [duplicates.find(clock.now(), 2) for _chunk in range(4)] == [2, 2, 1, 0]
