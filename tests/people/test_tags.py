"""Tags: put on and taken off, by hand and by facts; kept by merge, given back by undo."""

from __future__ import annotations

import pytest

from tests.pipeline.facts import email, fact, identify, run
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput, TrellisError
from trellis.journeys import actions as journeys
from trellis.people import actions, tags
from trellis.people.models import Contact, Identity, Tag
from trellis.pipeline.drain import drain

pytestmark = pytest.mark.django_db


def person(address: str, **traits: object) -> int:
    run(identify(email(address), **traits))
    return Identity.objects.get(value=address).contact_id


def worn(number: int) -> list[str]:
    return sorted(Contact.objects.get(contact_id=number).tags)


def test_tags_are_made_as_they_are_put_on() -> None:
    ann, ben = person("a@x.io"), person("b@x.io")
    assert tags.tag_contacts(SYSTEM, [ann, ben], ["Trade fair", "VIP"]) == 2
    assert tags.tag_contacts(SYSTEM, [ann], ["vip"]) == 0
    assert tags.tag_contacts(SYSTEM, [ann, ben], [], ["VIP"]) == 2
    assert (worn(ann), worn(ben)) == (["trade-fair"], ["trade-fair"])
    assert tags.counts() == {"trade-fair": 2}
    assert Tag.objects.get(key="trade-fair").name == "Trade fair"


def test_facts_put_tags_on_and_take_none_off() -> None:
    ann = person("a@x.io", tags=["Новый", "客户"])
    person("a@x.io", tags="VIP, новый")
    assert worn(ann) == sorted(["новый", "客户", "vip"])


def test_merge_keeps_the_tags_of_both_and_undo_gives_them_back() -> None:
    ann, ben = person("a@x.io", tags=["a", "both"]), person("b@x.io", tags=["b", "both"])
    merge_id = actions.merge(SYSTEM, ann, ben)
    assert worn(ann) == ["a", "b", "both"]
    tags.tag_contacts(SYSTEM, [ann], ["later"])
    actions.undo_merge(SYSTEM, merge_id)
    assert (worn(ann), worn(ben)) == (["a", "both", "later"], ["b", "both"])


def test_an_archived_tag_comes_off_and_a_used_one_stays() -> None:
    ann = person("a@x.io", tags=["vip"])
    with pytest.raises(Conflict, match="Rich"):
        tags.archive(SYSTEM, "vip", ["Rich"])
    tags.archive(SYSTEM, "vip")
    assert tags.take_off("vip") == 1
    assert worn(ann) == []
    assert tags.live() == []
    tags.tag_contacts(SYSTEM, [ann], ["vip"])
    assert [tag.key for tag in tags.live()] == ["vip"]


def test_a_tag_needs_a_name_a_colour_and_the_right() -> None:
    for name, colour in (("—", ""), ("x" * 90, ""), ("fine", "mauve")):
        with pytest.raises(InvalidInput):
            tags.create(SYSTEM, name, {"colour": colour})
    tags.create(SYSTEM, "VIP", {"colour": "violet"})
    with pytest.raises(Conflict):
        tags.create(SYSTEM, "vip", {})
    with pytest.raises(Forbidden):
        tags.tag_contacts(Actor(kind="user", id=1, name="A", rights=frozenset()), [1], ["x"])


def test_a_journey_tags_everybody_at_once() -> None:
    ann = person("a@x.io", tags=["cold"])
    source = """\
key: mark
name: Mark
entry:
  - event: {type: track, name: Joined}
steps:
  - {id: mark, tag: {add: [VIP], remove: [cold]}}
"""
    journey = journeys.create(SYSTEM, source)
    journeys.publish(SYSTEM, journey.pk)
    run(fact("Joined", email("a@x.io"), at=clock.now().timestamp()))
    drain()
    assert worn(ann) == ["vip"]


def test_a_tag_step_that_does_nothing_is_refused() -> None:
    source = "key: m\nname: M\nentry:\n  - event: {type: track, name: J}\nsteps:\n  - {id: m, tag: {}}\n"
    journey = journeys.create(SYSTEM, source)
    with pytest.raises(TrellisError):
        journeys.publish(SYSTEM, journey.pk)
