"""Typed attributes: what fits, where values come from, and options that get another name."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.pipeline.facts import NOW, T, email, identify, run
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, InvalidInput
from trellis.people import actions, attributes, definitions, renaming, spread
from trellis.people.attributes import Change
from trellis.people.models import Attribute, Contact
from trellis.people.values import BadValue, fit

pytestmark = pytest.mark.django_db


def attribute(kind: str, **settings: Any) -> Attribute:
    return Attribute(key="x", label="X", type=kind, **settings)


@pytest.mark.parametrize(
    ("definition", "value", "kept"),
    [
        (attribute("choice", options=["a", "b"]), "a", "a"),
        (attribute("choice", options=["b"], aliases={"a": "b"}), "a", "b"),
        (attribute("list", options=["b", "c"], aliases={"a": "b"}), ["a", "c"], ["b", "c"]),
        (attribute("number", minimum=0, maximum=10), "7.5", 7.5),
        (attribute("email"), " Ann@X.io ", "ann@x.io"),
        (attribute("url"), "example.com/me", "https://example.com/me"),
        (attribute("text", pattern="[A-Z]{2}[0-9]+"), "ES12", "ES12"),
        (attribute("date"), "2026-02-03T10:00", "2026-02-03"),
    ],
)
def test_a_value_that_fits_is_kept_in_one_form(
    definition: Attribute, value: Any, kept: Any
) -> None:
    assert fit(definition, value) == kept


@pytest.mark.parametrize(
    ("definition", "value", "reason"),
    [
        (attribute("choice", options=["a", "b"]), "c", "not_an_option"),
        (attribute("list", options=["a", "b"]), ["a", "c"], "not_an_option"),
        (attribute("number", minimum=0), -1, "below_minimum"),
        (attribute("number", maximum=10), 11, "above_maximum"),
        (attribute("number"), "many", "not_a_number"),
        (attribute("email"), "ann at x", "not_valid"),
        (attribute("url"), "javascript:alert(1)", "not_a_url"),
        (attribute("text", pattern="[A-Z]+"), "es", "no_match"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_reason(
    definition: Attribute, value: Any, reason: str
) -> None:
    with pytest.raises(BadValue, match=reason):
        fit(definition, value)


def test_no_pattern_can_stop_the_pipeline() -> None:
    slow = attribute("text", pattern="(a|a)*(a+)+b")
    with pytest.raises(BadValue, match="no_match"):
        fit(slow, "a" * 3_000)


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "choice", "options": []},
        {"type": "number", "minimum": 3, "maximum": 2},
        {"type": "text", "unit": "kg"},
        {"type": "number", "options": ["1"]},
        {"type": "text", "pattern": "("},
        {"type": "date", "pattern": ".*"},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    kind = settings.pop("type")
    with pytest.raises(InvalidInput):
        definitions.create(SYSTEM, "odd", kind, settings)
    assert not Attribute.objects.exists()


def say(number: int, at: float, src: str, weak: bool = False, **traits: Any) -> None:
    attributes.apply([Change(number, at, src, traits, weak=weak)], NOW)


def test_each_value_says_where_it_came_from_and_what_stood_before() -> None:
    run(identify(email("a@x.io"), job="baker"))
    number = Contact.objects.get().contact_id
    say(number, T + 10, "form", job="chef")
    say(number, T + 20, "import", job="head chef")
    said = Contact.objects.get().provenance["job"]
    assert said["src"] == "import"
    assert [(row["value"], row["src"]) for row in said["was"]] == [
        ("chef", "form"),
        ("baker", "api"),
    ]


def test_what_only_fills_never_replaces_what_was_said() -> None:
    run(identify(email("a@x.io"), country="ES"))
    number = Contact.objects.get().contact_id
    say(number, T + 50, "ip", weak=True, country="FR", city="Lyon")
    contact = Contact.objects.get()
    assert (contact.country, contact.city) == ("ES", "Lyon")
    say(number, T - 900, "form", city="Vic")
    assert Contact.objects.get().city == "Vic"
    actions.update_contact(SYSTEM, number, {"city": None})
    say(number, T + 60, "ip", weak=True, city="Lyon")
    assert Contact.objects.get().city == ""


def test_the_order_of_arrival_changes_nothing() -> None:
    words = [
        (T + 1, "form", False, "one"),
        (T + 2, "api", False, "two"),
        (T + 3, "ip", True, "three"),
    ]
    ends = []
    for place, order in enumerate(itertools.permutations(words)):
        address = email(f"p{place}@x.io")
        run(identify(address))
        number = Contact.objects.latest("contact_id").contact_id
        for at, src, weak, word in order:
            say(number, at, src, weak, motto=word)
        ends.append(Contact.objects.get(contact_id=number))
    assert {contact.attributes["motto"] for contact in ends} == {"two"}
    strong = [contact.provenance["motto"]["was"] for contact in ends]
    assert all(
        {"value": "one", "src": "form", "at": strong[0][-1]["at"]} in was for was in strong
    )


def test_an_option_gets_another_name_in_all_values_and_programs_may_go_on() -> None:
    definitions.create(SYSTEM, "level", "choice", {"options": ["starter", "pro"]})
    definitions.create(SYSTEM, "likes", "list", {"options": ["starter", "pro"]})
    run(
        identify(email("a@x.io"), email="a@x.io", level="starter", likes=["starter", "pro"]),
        identify(email("b@x.io"), level="pro"),
    )
    for key in ("level", "likes"):
        job = definitions.rename_option(SYSTEM, key, "starter", "beginner")
        renaming.run(job.pk)
        job.refresh_from_db()
        assert (job.progress, job.changed) == (100, 1)
    ann = Contact.objects.get(email="a@x.io")
    assert ann.attributes["level"] == "beginner"
    assert sorted(ann.attributes["likes"]) == ["beginner", "pro"]
    run(identify(email("c@x.io"), email="c@x.io", level="starter"))
    assert Contact.objects.get(email="c@x.io").attributes["level"] == "beginner"
    level = definitions.get("level")
    assert level.options == ["beginner", "pro"]
    assert spread.options(level) == {"beginner": 2, "pro": 1}


def test_an_option_is_not_renamed_into_another_nor_under_a_rule() -> None:
    definitions.create(SYSTEM, "level", "choice", {"options": ["a", "b"]})
    with pytest.raises(Conflict):
        definitions.rename_option(SYSTEM, "level", "a", "b")
    with pytest.raises(Conflict, match="Beginners"):
        definitions.rename_option(SYSTEM, "level", "a", "c", ["Beginners"])
    assert definitions.get("level").options == ["a", "b"]


def test_the_second_of_two_editors_learns_who_was_quicker() -> None:
    row = definitions.create(SYSTEM, "level", "text", {})
    ann = Actor(kind="user", id=3, name="Ann", rights=SYSTEM.rights)
    definitions.update(ann, "level", {"label": "Skill"}, version=row.version)
    with pytest.raises(Conflict, match="Ann") as caught:
        definitions.update(SYSTEM, "level", {"label": "Rank"}, version=row.version)
    assert caught.value.data["differs"] == {"label": {"theirs": "Skill", "yours": "Rank"}}
    assert definitions.get("level").label == "Skill"


def test_the_spread_counts_values_steps_and_sources() -> None:
    definitions.create(SYSTEM, "size", "number", {"unit": "people"})
    run(*(identify(email(f"{n}@x.io"), size=n, topic="bread") for n in range(40)))
    run(identify(email("none@x.io")))
    found = spread.of_attribute(definitions.get("size"))
    assert (found.total, found.filled, found.exact) == (41, 40, True)
    assert sum(bar.n for bar in found.bars) == 40
    assert found.sources == {"api": 40}
    topic = spread.of_attribute(definitions.get("topic"))
    assert [(bar.label, bar.n) for bar in topic.bars] == [("bread", 40)]
    assert spread.filled() == ({"size": 40, "topic": 40}, 41)
