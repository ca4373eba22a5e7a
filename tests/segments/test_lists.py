"""Members that people choose: pasted, left out, frozen."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pipeline.facts import run
from tests.web import cast
from tests.world import NOW, members, person, settle
from trellis.accounts.types import SYSTEM
from trellis.core.errors import Conflict, InvalidInput
from trellis.people.models import Contact
from trellis.pipeline import recompute
from trellis.segments import actions, lists, overlap, snapshots
from trellis.segments.models import Segment, SegmentMove

pytestmark = pytest.mark.django_db

SPAIN = {"field": "contact.country", "op": "eq", "value": "ES"}


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a@x.org\n b@x.org \n\n", ["a@x.org", "b@x.org"]),
        ("a@x.org, b@x.org; c", ["a@x.org", "b@x.org; c"]),
        ("\ufeffname;email\nAnn;a@x.org\nBob;b@x.org\n", ["a@x.org", "b@x.org"]),
        ("contact_id,name\n12,Ann\n#13,Bob", ["#12", "#13"]),
        ("", []),
    ],
)
def test_pasted_text_and_files_are_read_as_entries(text: str, entries: list[str]) -> None:
    assert lists.read(text) == entries


def test_pasting_adds_the_known_and_names_the_unknown() -> None:
    ann, bob = cast.someone("Ann"), cast.someone("Bob")
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    lists.add(SYSTEM, vip.pk, [bob], NOW)
    text = f"ANN@example.com\nbob@example.com\nbob@example.com\nnobody@example.com\n#{ann}\nx y"
    done = lists.paste(SYSTEM, vip.pk, text, NOW)
    assert (done.added, done.already, done.twice) == (1, 1, 2)
    assert done.unknown == ("nobody@example.com", "x y")
    assert members("vip") == {ann, bob}


def test_what_was_added_and_removed_by_hand_survives_everything_by_rule() -> None:
    ann, bob = person(country="ES"), person(country="ES")
    vip = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    lists.add(SYSTEM, vip.pk, [ann, bob], NOW)
    lists.remove(SYSTEM, vip.pk, [bob], NOW)
    settle(ann, bob)
    recompute.recompute()
    assert members("vip") == {ann}


def test_taking_somebody_out_of_a_rule_s_segment_says_what_to_do() -> None:
    ann, bob = person(country="ES"), person(country="ES")
    spain = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN, folder="Places")
    recompute.build_segment(spain.pk)
    with pytest.raises(InvalidInput, match="Leave them out"):
        lists.remove(SYSTEM, spain.pk, [ann], NOW)
    held = lists.leave_out(SYSTEM, spain.pk, [ann], NOW)
    recompute.build_segment(spain.pk)
    assert (held.kind, held.folder, members(held.key)) == ("static", "Places", {ann})
    assert members("es") == {bob}
    assert lists.leave_out(SYSTEM, spain.pk, [bob], NOW) == held
    run()
    assert members("es") == set()
    spain.refresh_from_db()
    assert str(spain.rule).count(held.key) == 1
    lists.remove(SYSTEM, held.pk, [ann], NOW)
    run()
    assert members("es") == {ann}


def test_a_snapshot_keeps_its_moment_until_it_is_taken_again() -> None:
    ann, bob = person(country="ES"), person(country="RU")
    source = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    frozen = actions.snapshot(SYSTEM, source.pk, key="es-then", name="Spain then")
    snapshots.take(frozen.pk, "")
    frozen.refresh_from_db()
    assert (frozen.status, frozen.size, frozen.rule) == ("live", 1, source.rule)
    assert frozen.taken_at is not None
    Contact.objects.filter(contact_id=bob).update(country="ES")
    settle(ann, bob)
    assert members("es-then") == {ann}
    with pytest.raises(InvalidInput, match="snapshot"):
        lists.add(SYSTEM, frozen.pk, [bob], NOW)
    before = frozen.taken_at
    actions.rebuild(SYSTEM, frozen.pk)
    snapshots.take(frozen.pk, SYSTEM.label)
    frozen.refresh_from_db()
    assert members("es-then") == {ann, bob}
    assert frozen.taken_at > before
    moves = SegmentMove.objects.filter(segment_id=frozen.pk)
    assert [(row.contact_id, row.why) for row in moves] == [(bob, "snapshot")]


def test_overlap_counts_each_combination_and_makes_it_a_segment() -> None:
    people = [person() for _ in range(6)]
    made = []
    for key, chosen in (("a", people[:4]), ("b", people[2:5]), ("c", people[3:4])):
        row = actions.create(SYSTEM, key=key, name=key, kind="static")
        lists.add(SYSTEM, row.pk, chosen, NOW)
        made.append(row)
    found = overlap.overlap([row.pk for row in made])
    a, b, c = (row.pk for row in made)
    assert {part.inside: part.n for part in found.parts} == {
        (a,): 2, (a, b): 1, (a, b, c): 1, (b,): 1
    }  # fmt: skip
    assert (found.shared, found.total) == (1, 5)
    rule = overlap.rule_of(["a", "b"], ["c"])
    both = actions.create(SYSTEM, key="both", name="Both", rule=rule)
    recompute.build_segment(both.pk)
    assert members("both") == {people[2]}
    with pytest.raises(InvalidInput):
        overlap.overlap([a])
    with pytest.raises(InvalidInput):
        overlap.overlap([a, 999_999])


def test_another_rule_shows_who_would_enter_and_leave_and_stores_nothing() -> None:
    for country in ("ES", "ES", "ES", "RU", "RU"):
        person(country=country)
    spain = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    recompute.build_segment(spain.pk)
    found = actions.compare(SYSTEM, spain.pk, {**SPAIN, "value": "RU"}, NOW)
    assert (found.enter, found.leave, found.stay, found.exact) == (2, 3, 0, True)
    assert len(members("es")) == 3


def test_a_changed_rule_is_looked_at_before_it_is_saved(client: Client) -> None:
    cast.sign_in(client)
    person(country="ES")
    spain = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    recompute.build_segment(spain.pk)
    form = {
        "name": "Spain",
        "version": "1",
        "rule": '{"field": "contact.country", "op": "eq", "value": "RU"}',
    }
    seen = client.post(f"/segments/{spain.pk}/edit/", form)
    assert seen.status_code == 200
    assert (seen.context["difference"].enter, seen.context["difference"].leave) == (0, 1)
    spain.refresh_from_db()
    assert spain.rule == SPAIN
    saved = client.post(f"/segments/{spain.pk}/edit/", {**form, "sure": "yes"})
    assert saved.status_code == 302
    spain.refresh_from_db()
    assert spain.rule["value"] in ("RU", "ru")


def test_two_people_change_one_segment_and_nothing_is_lost(client: Client) -> None:
    cast.sign_in(client)
    row = actions.create(SYSTEM, key="vip", name="VIP", kind="static")
    actions.update(SYSTEM, row.pk, NOW, name="Very important", version=1)
    with pytest.raises(Conflict) as caught:
        actions.update(SYSTEM, row.pk, NOW, name="Dear", version=1)
    assert caught.value.data["differs"] == {
        "name": {"theirs": "Very important", "yours": "Dear"}
    }
    form = {"name": "Dear", "description": "mine", "folder": "", "version": "1"}
    answer = client.post(f"/segments/{row.pk}/edit/", form)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Very important" in text
    assert 'value="Dear"' in text
    assert 'value="mine"' in text
    again = client.post(
        f"/segments/{row.pk}/edit/", {**form, "version": str(answer.context["version"])}
    )
    assert again.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.version) == ("Dear", 3)


def test_building_can_be_stopped_and_taken_up_again() -> None:
    ann = person(country="ES")
    spain = actions.create(SYSTEM, key="es", name="Spain", rule=SPAIN)
    actions.stop(SYSTEM, spain.pk)
    recompute.build_segment(spain.pk)
    settle(ann)
    assert members("es") == set()
    assert Segment.objects.get(pk=spain.pk).status == "stopped"
    with pytest.raises(InvalidInput):
        actions.stop(SYSTEM, spain.pk)
    actions.rebuild(SYSTEM, spain.pk)
    recompute.build_segment(spain.pk)
    assert members("es") == {ann}
