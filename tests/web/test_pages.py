"""Every page: answers, refuses strangers, reads only, costs the same with more rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.web import cast
from trellis.accounts.models import Role
from trellis.core import clock
from trellis.segments.models import Membership
from trellis.web.staff import memo, middleware

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No page reads the clock's row in between, and nothing is remembered."""
    monkeypatch.setattr(middleware, "refresh_clock", lambda: None)
    memo.forget()
    yield
    memo.forget()


def test_every_page_answers_under_the_strict_policy(client: Client) -> None:
    company = cast.found(client)
    for address in cast.pages(company):
        answer = client.get(address)
        assert answer.status_code == 200, address
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy or "default-src 'none'" in policy, address
        assert "unsafe-eval" not in policy, address


def test_no_page_has_a_script_or_style_of_its_own(client: Client) -> None:
    company = cast.found(client)
    for address in cast.pages(company):
        text = client.get(address).content.decode(errors="replace")
        if "trellis.css" not in text:
            continue
        for part in text.split("<script")[1:]:
            assert part.split(">")[0].count("src=") or "application/json" in part, address
        assert "<style" not in text, address
        assert " onclick=" not in text, address


def test_strangers_see_no_page(client: Client) -> None:
    company = cast.found(client)
    stranger = Client()
    for address in cast.pages(company):
        answer = stranger.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/login/"), address


def test_a_stranger_s_fragment_is_sent_to_sign_in_as_a_whole_page(client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/login/")


def test_reading_a_page_changes_nothing(client: Client) -> None:
    company = cast.found(client)
    for address in cast.pages(company):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            assert client.get(address).status_code == 200, address
            transaction.set_rollback(True)


def test_a_page_costs_the_same_with_more_rows(client: Client) -> None:
    company = cast.found(client)
    addresses = [
        "/",
        "/contacts/",
        f"/contacts/{company.ann}/",
        "/segments/",
        f"/segments/{company.segment}/",
        "/score/",
        "/stages/",
        "/signals/",
        "/reports/most-seen/",
        f"/segments/{company.segment}/members/",
        f"/segments/{company.segment}/moves/",
        "/journeys/",
        f"/journeys/{company.journey}/",
        "/messages/",
        "/templates/",
        "/trap/",
    ]
    before = {address: _queries(client, address) for address in addresses}
    for number in range(12):
        made = cast.someone(f"Guest{number}", city="Girona")
        Membership.objects.create(
            contact_id=made, segment_id=company.segment, since=clock.now()
        )
        cast.did(company.ann, "Form Submitted", form=f"form-{number}")
    cast.drain()
    after = {address: _queries(client, address) for address in addresses}
    assert after == before
    assert max(after.values()) <= 40, after


def _queries(client: Client, address: str) -> int:
    client.get(address)
    memo.forget()
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


@pytest.mark.parametrize(
    "address",
    [
        "/contacts/new/",
        "/contacts/bulk/",
        "/segments/new/",
        "/score/new/",
        "/stages/",
        "/journeys/new/",
        "/templates/new/",
        "/clock/",
        "/users/",
        "/keys/",
    ],
)
def test_a_viewer_changes_nothing(client: Client, address: str) -> None:
    cast.sign_in(client, Role.VIEWER)
    assert client.post(address, {"act": "export"}).status_code in {403, 422}


def test_a_page_that_is_not_there_says_so_in_the_shell(client: Client) -> None:
    cast.sign_in(client)
    answer = client.get("/contacts/999999/")
    assert answer.status_code == 404
    assert "There is no contact 999999." in answer.content.decode()


def test_a_refused_fragment_becomes_a_toast(client: Client) -> None:
    cast.sign_in(client, Role.VIEWER)
    answer = client.post("/clock/", {"by": "day"}, headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "clock.move" in answer["HX-Trigger"]
