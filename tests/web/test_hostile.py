"""Whatever stands in an address or a form, a page answers and never fails."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web import cast
from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.messaging import policy
from trellis.messaging.models import Template
from trellis.web.staff import given

NUMBERS = {"power": "²", "huge": "9" * 30, "endless": "9" * 5000, "nul": "\x00", "minus": "-1"}
DEEP = '{"all":[' * 3000 + "]}" * 3000
KNOWN = '{"field":"contact.known","op":"eq","value":true}'


def reads(company: cast.Company, odd: str) -> list[tuple[str, dict[str, str]]]:
    found = [
        ("/contacts/", {name: odd})
        for name in ("segment", "stage", "q", "rule", "after", "kind", "col", "temperature")
    ]
    found += [("/messages/", {name: odd}) for name in ("journey", "find", "template", "after")]
    found += [
        (f"/journeys/{company.journey}/", {name: odd})
        for name in ("version", "step", "state", "after")
    ]
    return [
        *found,
        (f"/segments/{company.segment}/why/", {"contact": odd}),
        (f"/contacts/{company.ann}/timeline/", {"kind": odd}),
        ("/trap/", {"before": odd}),
        ("/trap/", {"q": odd}),
        ("/audit/", {"q": odd}),
        ("/templates/", {"q": odd}),
        ("/segments/", {"q": odd}),
        ("/health/rejected/", {"reason": odd}),
        ("/attributes/%00/", {}),
        (f"/contacts/{2**63}/", {}),
        (f"/trap/{2**63}/", {}),
    ]


def writes(company: cast.Company, odd: str) -> list[tuple[str, dict[str, object]]]:
    sure = {"sure": "yes", "id": odd}
    return [
        ("/contacts/bulk/", {"act": "export", "id": odd}),
        ("/contacts/bulk/", {"act": "export", **sure}),
        ("/contacts/bulk/", {"act": "segment", **sure, "segment": company.static}),
        ("/contacts/bulk/", {"act": "segment", "sure": "yes", "id": 1, "segment": odd}),
        ("/contacts/bulk/", {"act": "attribute", **sure, "attribute": "topic", "value": "x"}),
        ("/contacts/duplicates/", {"act": "merge", "winner": company.ann, "loser": odd}),
        ("/contacts/duplicates/", {"conflict": odd}),
        (f"/contacts/{company.ann}/lead/", {"act": "move", "to": "mql", "note": odd}),
        (f"/journeys/{company.journey}/enrol/", {"contact": odd}),
        (f"/journeys/{company.journey}/enrol/", {"contact": odd, "act": "remove"}),
        (f"/journeys/{company.journey}/edit/", {"source": odd}),
        (f"/segments/{company.static}/act/", {"act": "remove", "id": odd}),
        ("/segments/new/", {"name": odd, "kind": "static"}),
        ("/segments/new/", {"name": "Deep", "rule": DEEP}),
        ("/rules/preview/", {"rule": DEEP}),
        ("/messages/", {"id": odd, "decision": "drop"}),
        ("/health/rejected/", {"id": odd}),
        ("/forms/", {"name": odd}),
        ("/templates/preview/", {"contact": odd}),
        ("/templates/hello/test/", {"contact": odd}),
        ("/templates/new/", {"name": odd, "v..subject": "a", "v..body": "b", "from_name": odd}),
        ("/stages/", {"act": "add", "name": odd}),
        ("/score/", {"warm_from": "1", "hot_from": "9" * 11}),
        ("/score/new/", {"name": odd, "points": "5", "priority": "9" * 11, "rule": KNOWN}),
        ("/settings/", {"cap_count": odd, "cap_days": "9" * 12, "expiry_hours": "9" * 12}),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("odd", NUMBERS.values(), ids=NUMBERS)
def test_no_page_fails_over_what_it_is_given(client: Client, odd: str) -> None:
    company = cast.found(client)
    client.raise_request_exception = False
    failed = [
        (address, list(given))
        for address, given in reads(company, odd)
        if client.get(address, given).status_code >= 500
    ]
    failed += [
        (address, list(given))
        for address, given in writes(company, odd)
        if client.post(address, given).status_code >= 500
    ]
    assert failed == []


def test_only_numbers_that_a_row_can_have_are_numbers() -> None:
    assert given.numbers(["7", "²", "", "-1", "9" * 19, "٣", "\x00", "12"]) == [7, 12]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["cap_days", "expiry_hours", "cap_count", "soft_bounces"])
def test_the_policy_takes_nothing_that_time_cannot_hold(name: str) -> None:
    with pytest.raises(InvalidInput):
        policy.save({name: 999_999_999})


@pytest.mark.django_db
def test_an_old_page_does_not_undo_what_somebody_else_saved(client: Client) -> None:
    company = cast.found(client)
    address = f"/contacts/{company.ann}/edit/"
    page = client.get(address).context["form"]
    opened = {bound.name: bound.value() or "" for bound in page}
    shown = {f"initial-{name}": value for name, value in opened.items()}
    both = {**shown, **opened, "was.topic": "", "a.topic": ""}
    client.post(address, {**both, "city": "Lleida", "a.topic": "bread"})
    client.post(address, {**both, "last_name": "Roca"})
    after = client.get(address)
    assert after.context["form"]["city"].value() == "Lleida"
    assert after.context["form"]["last_name"].value() == "Roca"
    assert after.context["attributes"][0]["value"] == "bread"
    assert 'name="initial-city"' in after.content.decode()
    assert 'name="was.topic"' in after.content.decode()


@pytest.mark.django_db
def test_what_was_written_stays_where_its_key_is_taken(client: Client) -> None:
    cast.found(client)
    answer = client.post("/journeys/new/", {"source": cast.JOURNEY + "# my words\n"})
    assert answer.status_code == 422
    assert "# my words" in answer.content.decode()
    Template.objects.update(archived_at=clock.now())
    parts = {"v..kind": "html", "v..subject": "My words", "v..body": cast.BODY}
    post = {"name": "Hello", "key": "hello", "purpose": "transactional", **parts}
    answer = client.post("/templates/new/", post)
    assert answer.status_code == 422
    assert "My words" in answer.content.decode()
