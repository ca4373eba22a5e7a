"""A merge of companies, taken apart again: each gets back what was its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.pipeline.facts import email, identify, run
from tests.web import cast
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, NotFound
from trellis.people import company_actions, company_queries
from trellis.people.company_queries import CompanyDetail
from trellis.people.models import Company, CompanyMerge, Contact

pytestmark = pytest.mark.django_db


def join(*addresses: str, **traits: str) -> None:
    """Let people identify themselves now."""
    now = clock.now().timestamp()
    run(*(identify(email(it), email=it, at=now, **traits) for it in addresses))


def pair() -> tuple[Company, Company]:
    """Two rows of one company, each with a person, values and a domain."""
    forn = company_actions.create(SYSTEM, "Forn", ["forn.example"], {"size": 3})
    copy = company_actions.create(SYSTEM, "Forn SL", ["forn.cat"], {"size": 4, "city": "Vic"})
    join("ann@forn.example", "bob@forn.cat")
    return forn, copy


def stands(company: Company) -> CompanyDetail:
    found = company_queries.company(company.pk)
    assert found is not None
    return found


def at(address: str) -> int | None:
    return Contact.objects.get(email=address).company_id


def test_undo_gives_both_companies_back_what_was_theirs() -> None:
    forn, copy = pair()
    before = [(stands(row).attributes, stands(row).provenance) for row in (forn, copy)]
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    assert at("bob@forn.cat") == forn.pk
    row, back = company_actions.undo_merge(SYSTEM, merge.pk)
    assert (row.undone_at is not None, back) == (True, 1)
    assert [(stands(c).attributes, stands(c).provenance) for c in (forn, copy)] == before
    assert [list(stands(c).domains) for c in (forn, copy)] == [["forn.example"], ["forn.cat"]]
    assert [stands(c).domain for c in (forn, copy)] == ["forn.example", "forn.cat"]
    assert [at("ann@forn.example"), at("bob@forn.cat")] == [forn.pk, copy.pk]
    assert stands(copy).merged_into is None
    summary = Audit.objects.get(action="company.undo_merge").summary
    assert summary == f"Forn SL (#{copy.pk}) out of Forn, 1 contacts"
    (told,) = company_queries.merges(forn.pk)
    assert (told.name, told.reason, told.undone_at) == ("Forn SL", "hand", row.undone_at)


def test_a_main_domain_that_came_with_the_merge_goes_with_it() -> None:
    forn = company_actions.create(SYSTEM, "Forn")
    copy = company_actions.create(SYSTEM, "Forn SL", ["forn.cat"])
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    assert stands(forn).domain == "forn.cat"
    company_actions.undo_merge(SYSTEM, merge.pk)
    assert [stands(forn).domain, stands(copy).domain] == ["", "forn.cat"]


def test_what_was_said_after_the_merge_stays() -> None:
    forn, copy = pair()
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    join("bob@forn.cat", company="Forn")
    company_actions.update(SYSTEM, forn.pk, values={"city": "Olot"})
    company_actions.update(SYSTEM, forn.pk, domains=["forn.example"])
    _row, back = company_actions.undo_merge(SYSTEM, merge.pk)
    assert back == 0
    assert at("bob@forn.cat") == forn.pk
    assert stands(forn).attributes == {"size": 3, "city": "Olot"}
    assert stands(copy).attributes == {"size": 4, "city": "Vic"}
    assert (list(stands(copy).domains), stands(copy).domain) == ([], "")


def test_whom_only_the_domain_placed_there_goes_with_it() -> None:
    forn, copy = pair()
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    join("cat@forn.cat", "dan@mail.forn.cat", "eve@forn.example")
    _row, back = company_actions.undo_merge(SYSTEM, merge.pk)
    assert back == 3
    assert [at("cat@forn.cat"), at("dan@mail.forn.cat")] == [copy.pk, copy.pk]
    assert at("eve@forn.example") == forn.pk


def test_a_chain_is_undone_from_its_last_link() -> None:
    forn, copy = pair()
    group = company_actions.create(SYSTEM, "Group")
    first = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    last = company_actions.merge(SYSTEM, group.pk, forn.pk)
    assert stands(copy).merged_into == group.pk
    with pytest.raises(Conflict, match="Forn was merged into"):
        company_actions.undo_merge(SYSTEM, first.pk)
    company_actions.undo_merge(SYSTEM, last.pk)
    assert stands(copy).merged_into == forn.pk
    company_actions.undo_merge(SYSTEM, first.pk)
    assert [at("ann@forn.example"), at("bob@forn.cat")] == [forn.pk, copy.pk]


def test_a_merge_is_undone_once_and_by_who_may() -> None:
    forn, copy = pair()
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    nobody = Actor(kind="user", id=1, name="Ann", rights=frozenset({"companies.read"}))
    with pytest.raises(Forbidden):
        company_actions.undo_merge(nobody, merge.pk)
    company_actions.undo_merge(SYSTEM, merge.pk)
    with pytest.raises(Conflict, match="undone already"):
        company_actions.undo_merge(SYSTEM, merge.pk)
    with pytest.raises(NotFound):
        company_actions.undo_merge(SYSTEM, merge.pk + 1)


def test_an_old_page_of_either_company_is_told_of_the_undo() -> None:
    forn, copy = pair()
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    seen = stands(forn).version
    company_actions.undo_merge(SYSTEM, merge.pk)
    with pytest.raises(Conflict):
        company_actions.update(SYSTEM, forn.pk, name="Forn de Dalt", version=seen)


def test_the_page_lists_merges_and_undoes_them(client: Client) -> None:
    cast.sign_in(client)
    forn, copy = pair()
    address = f"/companies/{copy.pk}/merge/"
    answer = client.post(address, {"into": forn.pk}, follow=True)
    merge = CompanyMerge.objects.get()
    undo = f"/companies/{forn.pk}/unmerge/{merge.pk}/"
    assert "1 person moved. It can be undone on this page." in answer.content.decode()
    assert undo in answer.content.decode()
    assert client.post(f"/companies/{copy.pk}/unmerge/{merge.pk}/").status_code == 404
    answer = client.post(undo, follow=True)
    assert answer.redirect_chain[-1][0] == f"/companies/{copy.pk}/"
    assert "1 person went back." in answer.content.decode()
    page = client.get(f"/companies/{forn.pk}/").content.decode()
    assert "undone" in page
    assert undo not in page


def test_an_old_merge_can_be_undone_too() -> None:
    forn, copy = pair()
    merge = company_actions.merge(SYSTEM, forn.pk, copy.pk)
    CompanyMerge.objects.update(at=clock.now() - timedelta(days=900))
    with pytest.raises(Conflict, match="merged into"):
        company_actions.merge(SYSTEM, forn.pk, copy.pk)
    assert company_actions.undo_merge(SYSTEM, merge.pk)[0].undone_at is not None
