"""Companies: found by domain, group id or name; made, changed and merged by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.facts import T, email, fact, identify, run
from trellis.accounts.types import SYSTEM, Actor
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.core.paging import Cursor
from trellis.events.models import Event, EventName
from trellis.people import company_actions, company_people, company_queries
from trellis.people.models import Company, CompanyAttribute, Contact
from trellis.people.normal import normalise_email

pytestmark = pytest.mark.django_db


def company_of(address: str) -> Company | None:
    contact = Contact.objects.get(email=address)
    return Company.objects.filter(pk=contact.company_id).first()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ann@forn.example", "Forn"),
        ("bob@mail.forn.example", "Forn"),
        ("cat@gmail.com", None),
        ("dan@other.example", None),
    ],
)
def test_an_address_at_work_tells_the_company(address: str, name: str | None) -> None:
    company_actions.create(SYSTEM, "Forn", ["forn.example"])
    run(identify(email(address), email=address))
    found = company_of(address)
    assert (found.name if found else None) == name
    if found:
        said = Contact.objects.get(email=address).provenance["company"]
        assert (said["src"], said["how"], said["weak"]) == ("email_domain", "passive", True)


@pytest.mark.parametrize("domain", ["bäckerei.example", "XN--BCKEREI-5WA.example"])
@pytest.mark.parametrize("address", ["ann@bäckerei.example", "ann@xn--bckerei-5wa.example"])
def test_a_domain_is_the_same_in_both_ways_of_writing_it(domain: str, address: str) -> None:
    company_actions.create(SYSTEM, "Bäckerei", [domain])
    run(identify(email(normalise_email(address) or ""), email=address))
    found = company_of("ann@bäckerei.example")
    assert found is not None
    assert found.name == "Bäckerei"


def test_a_group_id_longer_than_a_name_loses_no_fact() -> None:
    run(identify(email("ann@x.io"), email="ann@x.io", company={"id": "9" * 401}))
    company = Company.objects.get()
    assert company.name == "9" * 200
    assert Contact.objects.get(email="ann@x.io").company_id == company.pk


def test_what_the_person_says_wins_over_the_domain() -> None:
    company_actions.create(SYSTEM, "Forn", ["forn.example"])
    run(identify(email("a@forn.example"), email="a@forn.example"))
    run(identify(email("a@forn.example"), company="Pastisseria", at=T - 500))
    found = company_of("a@forn.example")
    assert found is not None
    assert found.name == "Pastisseria"


def test_a_domain_without_company_makes_one_where_it_is_switched_on() -> None:
    run(identify(email("a@blat.example"), email="a@blat.example"))
    assert not Company.objects.exists()
    company_actions.set_make(SYSTEM, True)
    run(
        identify(email("b@blat.example"), email="b@blat.example"),
        identify(email("c@blat.example"), email="c@blat.example"),
    )
    found = Company.objects.get()
    assert (found.name, found.domain) == ("Blat", "blat.example")
    assert Contact.objects.filter(company_id=found.pk).count() == 2


def test_group_calls_and_company_traits_fill_one_company() -> None:
    group: dict[str, Any] = {"id": "acct-7", "name": "Forn", "employees": 12}
    run(identify(email("a@x.io"), company=group))
    run(
        fact(
            "Grouped", email("b@x.io"), traits={"company": {**group, "employees": 15}}, at=T + 5
        ),
        identify(email("c@x.io"), company="forn"),
    )
    found = Company.objects.get()
    assert found.attributes == {"employees": 15}
    assert found.provenance["employees"]["was"][0]["value"] == 12
    assert CompanyAttribute.objects.get().type == "number"
    assert {c.company_id for c in Contact.objects.all()} == {found.pk}


def test_two_groups_of_one_name_are_two_companies() -> None:
    run(
        identify(email("a@x.io"), company={"id": "g1", "name": "Forn"}),
        identify(email("b@x.io"), company={"id": "g2", "name": "Forn"}),
    )
    assert Company.objects.filter(name="Forn").count() == 2


def test_a_new_company_finds_its_people_and_leaves_who_said_otherwise() -> None:
    run(
        identify(email("a@forn.example"), email="a@forn.example"),
        identify(email("b@forn.example"), email="b@forn.example", company="Mine"),
    )
    made = company_actions.create(SYSTEM, "Forn", ["https://www.forn.example/shop"])
    assert company_people.find(made.pk) == 1
    assert Contact.objects.get(email="a@forn.example").company_id == made.pk
    run()
    assert Event.objects.filter(
        contact_id=Contact.objects.get(email="a@forn.example").pk
    ).exists()


@pytest.mark.parametrize("domain", ["gmail.com", "no domain", "nodot"])
def test_a_domain_that_names_no_company_is_refused(domain: str) -> None:
    with pytest.raises(InvalidInput):
        company_actions.create(SYSTEM, "Forn", [domain])
    assert not Company.objects.exists()


def test_a_domain_belongs_to_one_company() -> None:
    company_actions.create(SYSTEM, "Forn", ["forn.example"])
    with pytest.raises(Conflict, match="Forn"):
        company_actions.create(SYSTEM, "Other", ["forn.example"])


def test_a_merge_moves_people_domains_and_what_the_other_lacks() -> None:
    forn = company_actions.create(SYSTEM, "Forn", ["forn.example"], {"size": 3})
    copy = company_actions.create(SYSTEM, "Forn SL", ["forn.cat"], {"size": 4, "city": "Vic"})
    run(identify(email("a@forn.cat"), email="a@forn.cat"))
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    assert len(merge.kept["people"]) == 1
    found = company_queries.company(forn.pk)
    assert found is not None
    assert (found.people, list(found.domains)) == (1, ["forn.cat", "forn.example"])
    assert found.attributes == {"size": 3, "city": "Vic"}
    run(identify(email("b@x.io"), company="forn sl"))
    assert Contact.objects.get(email="").company_id == forn.pk
    with pytest.raises(Conflict):
        company_actions.merge(SYSTEM, forn.pk, copy.pk)


def test_when_a_company_changes_its_people_are_told() -> None:
    forn = company_actions.create(SYSTEM, "Forn", ["forn.example"])
    run(*(identify(email(f"{n}@forn.example"), email=f"{n}@forn.example") for n in range(3)))
    company_actions.update(SYSTEM, forn.pk, values={"size": 9})
    assert company_people.tell(forn.pk, ["size"]) == 3
    run()
    name = EventName.objects.get(name="Company Changed")
    assert Event.objects.filter(name_id=name.pk).count() == 3


def test_the_second_of_two_editors_loses_nothing() -> None:
    forn = company_actions.create(SYSTEM, "Forn")
    company_actions.update(SYSTEM, forn.pk, name="Forn de Dalt", version=1)
    with pytest.raises(Conflict):
        company_actions.update(SYSTEM, forn.pk, name="Forn de Baix", version=1)


def test_without_the_right_nothing_changes() -> None:
    nobody = Actor(kind="user", id=1, name="Ann", rights=frozenset())
    with pytest.raises(Forbidden):
        company_actions.create(nobody, "Forn")
    with pytest.raises(Forbidden):
        company_actions.set_make(nobody, True)


def test_the_list_is_searched_and_paged() -> None:
    for n in range(5):
        company_actions.create(SYSTEM, f"Forn {n}", [f"forn{n}.example"])
    company_actions.create(SYSTEM, "Other")
    first = company_queries.companies("forn", None, 3)
    assert len(first.rows) == 3
    rest = company_queries.companies("FORN", Cursor.decode(first.next), 3)
    assert {row.name for row in (*first.rows, *rest.rows)} == {f"Forn {n}" for n in range(5)}
