"""How alike two people are: the forms of one mailbox, number and name, and what they weigh."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.people import likeness
from trellis.people.likeness import Being, Together


def being(number: int, name: str = "", **fields: Any) -> Being:
    return Being(contact_id=number, name=name, **fields)


def sure(one: Being, other: Being, *together: Together, bearers: int = 2) -> int:
    return likeness.compare(one, other, together, bearers)[0]


def codes(one: Being, other: Being, *together: Together) -> set[str]:
    return {reason.code for reason in likeness.compare(one, other, together)[1]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("laura.vidal@gmail.com", "LauraVidal@googlemail.com"),
        ("l.a.u.r.a.vidal+news@gmail.com", "lauravidal@gmail.com"),
        ("ann+shop@example.com", "Ann@example.com"),
    ],
)
def test_one_mailbox_has_one_form(one: str, other: str) -> None:
    assert likeness.mailbox(one) == likeness.mailbox(other) != ""


def test_dots_count_where_the_provider_tells_them_apart() -> None:
    assert likeness.mailbox("a.nn@example.com") != likeness.mailbox("ann@example.com")


@pytest.mark.parametrize(
    ("one", "other"),
    [("+34600111222", "600 11 12 22"), ("+390612345678", "+39 612345678")],
)
def test_one_number_has_one_form(one: str, other: str) -> None:
    assert likeness.line(one) == likeness.line(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Núria Fernández", "FERNANDEZ Nuria"),
        ("Иван Петров", "Ivan Petrov"),
        ("Jordi Puigdemont", "Jordi Puigdemon"),
        ("王小明", "王小明"),
    ],
)
def test_one_name_is_alike_in_other_spelling(one: str, other: str) -> None:
    assert likeness.similarity(one, other) > 0.5


def test_mailbox_and_name_together_are_sure_and_a_name_alone_is_not() -> None:
    one = being(1, "Laura Vidal", emails=("laura.vidal@gmail.com",))
    two = being(2, "Laura Vidal", emails=("lauravidal+x@gmail.com",))
    assert sure(one, two) >= likeness.SURE_FROM
    assert sure(being(1, "Laura Vidal"), being(2, "Laura Vidal")) < likeness.SURE_FROM


def test_two_at_one_address_with_other_names_are_asked_about_only() -> None:
    one = being(1, "Laura Vidal", emails=("family@gmail.com",))
    two = being(2, "Marc Soler", emails=("fa.mily@gmail.com",))
    assert likeness.OPEN_FROM <= sure(one, two) < likeness.SURE_FROM
    assert "other_name" in codes(one, two)


def test_a_company_or_a_city_says_nothing_without_a_name() -> None:
    one = being(1, "Laura Vidal", company_id=7, company="Forn", city="Vic")
    two = being(2, "Marc Soler", company_id=7, company="Forn", city="Vic")
    assert likeness.compare(one, two) == (0, ())


def test_a_like_name_at_the_same_company_is_worth_a_look() -> None:
    one = being(1, "Laura Vidal", company_id=7, company="Forn")
    two = being(2, "Laura Vidall", company_id=7, company="Forn")
    assert sure(one, two) >= likeness.OPEN_FROM
    assert codes(one, two) == {"similar_name", "same_company"}


def test_the_more_bear_a_name_the_less_it_says() -> None:
    one, two = being(1, "Ana Mas", city="Vic"), being(2, "Ana Mas", city="Vic")
    assert sure(one, two) >= likeness.OPEN_FROM
    assert sure(one, two, bearers=15) < likeness.OPEN_FROM


def test_a_fact_that_named_both_counts_and_a_device_counts_less() -> None:
    one, two = being(1, "Ana Mas"), being(2, "Ben Roca")
    strong = sure(one, two, Together("phone", "+34600"))
    assert 0 < sure(one, two, Together("anonymous_id", "d")) < strong


def test_numbers_of_two_countries_with_the_same_end_are_less_sure() -> None:
    one, two = being(1, phones=("+34600111222",)), being(2, phones=("+52600111222",))
    same = being(2, phones=("600111222",))
    assert sure(one, two) < sure(one, same)


_TEXT = st.text(max_size=30)
_BEINGS = st.builds(
    Being,
    contact_id=st.integers(1, 9),
    name=_TEXT,
    emails=st.lists(st.one_of(_TEXT, st.emails()), max_size=2).map(tuple),
    phones=st.lists(_TEXT, max_size=2).map(tuple),
    user_ids=st.lists(_TEXT, max_size=1).map(tuple),
    company_id=st.one_of(st.none(), st.integers(1, 3)),
    company=_TEXT,
    city=_TEXT,
    country=st.sampled_from(["", "ES", "MX"]),
)


@given(_BEINGS, _BEINGS)
def test_likeness_has_no_direction_and_stays_within_bounds(one: Being, other: Being) -> None:
    there, back = likeness.compare(one, other), likeness.compare(other, one)
    assert there[0] == back[0]
    assert {reason.code for reason in there[1]} == {reason.code for reason in back[1]}
    assert 0 <= there[0] <= 100


@given(_BEINGS)
def test_keys_are_whole_numbers_a_column_holds(one: Being) -> None:
    assert all(0 <= key < 2**63 for key in likeness.keys(one))
