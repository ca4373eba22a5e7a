"""Keys, users, the audit trail and settings in the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client

from trellis.accounts import keys
from trellis.accounts.models import Key, Role, User
from trellis.accounts.types import SYSTEM
from trellis.messaging import policy

PAGES = ["/keys/", "/users/", "/audit/", "/settings/", "/forms/"]


def sign_in(client: Client, role: Role = Role.ADMIN) -> User:
    user = User.objects.create_user("ada@example.org", "a long secret 1", role=role, name="Ada")
    client.force_login(user)
    return user


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_sign_in(client: Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_sees_the_page(client: Client, page: str) -> None:
    sign_in(client)
    answer = client.get(page)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/keys/", "/users/", "/audit/"])
def test_a_salesperson_does_not(client: Client, page: str) -> None:
    sign_in(client, Role.SALES)
    assert client.get(page).status_code == 403


@pytest.mark.django_db
def test_the_token_of_an_api_key_is_shown_once(client: Client) -> None:
    sign_in(client)
    made = client.post("/keys/", {"kind": "api", "name": "Shop", "scopes": ["contacts.read"]})
    token = re.search(r'id="made-token">(ak_[^<]+)<', made.content.decode())
    assert token
    found = keys.find(token.group(1))
    assert found is not None
    assert found.scopes == ["contacts.read"]
    assert token.group(1) not in client.get("/keys/").content.decode()


@pytest.mark.django_db
def test_revoking_a_key_needs_a_post(client: Client) -> None:
    sign_in(client)
    key, _token = keys.create(SYSTEM, "write", "Site")
    assert client.get(f"/keys/{key.pk}/revoke/").status_code == 405
    client.post(f"/keys/{key.pk}/revoke/")
    assert Key.objects.get(pk=key.pk).revoked_at is not None


@pytest.mark.django_db
def test_a_user_is_added_and_a_weak_password_is_explained(client: Client) -> None:
    sign_in(client)
    person = {"email": "bo@example.org", "name": "Bo", "role": "sales"}
    weak = client.post("/users/", {**person, "password": "short"})
    assert "at least 10 characters" in weak.content.decode()
    assert client.post("/users/", {**person, "password": "a long secret 2"}).status_code == 302
    assert User.objects.get(email="bo@example.org").role == "sales"


@pytest.mark.django_db
def test_the_last_administrator_cannot_leave(client: Client) -> None:
    user = sign_in(client)
    answer = client.post(f"/users/{user.pk}/", {"role": "viewer"})
    assert answer.status_code == 409
    assert "last administrator" in answer.content.decode()


@pytest.mark.django_db
def test_the_trail_names_who_did_what(client: Client) -> None:
    sign_in(client)
    client.post("/keys/", {"kind": "write", "name": "Site"})
    page = client.get("/audit/").content.decode()
    assert "Ada" in page
    assert "write key Site" in page
    assert "No change matches" in client.get("/audit/?q=zzz").content.decode()


@pytest.mark.django_db
def test_the_sending_policy_is_changed_by_administrators_only(client: Client) -> None:
    values = {
        "cap_count": "5",
        "cap_days": "7",
        "quiet_from": "21:00",
        "quiet_to": "08:00",
        "expiry_hours": "24",
        "soft_bounces": "3",
    }
    sign_in(client, Role.MARKETER)
    assert client.post("/settings/", values).status_code == 403
    User.objects.update(role=Role.ADMIN)
    assert client.post("/settings/", values).status_code == 302
    assert policy.stored().cap_count == 5
    half = client.post("/settings/", {**values, "quiet_to": ""})
    assert "both a beginning and an end" in half.content.decode()
    assert policy.stored().quiet_to == "08:00"


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_a_fixed_number_of_queries(
    client: Client, page: str, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    sign_in(client)
    for number in range(20):
        keys.create(SYSTEM, "write", f"Site {number}")
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        client.get(page)


@pytest.mark.django_db
@pytest.mark.parametrize("server", ["", "smtp://127.0.0.1:9"])
@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_forgotten_password_is_answered_the_same_for_everybody(
    client: Client, settings: Any, server: str, email: str
) -> None:
    User.objects.create_user("ada@example.org", "a long secret 1")
    settings.TRELLIS_SANDBOX = False
    settings.TRELLIS_SMTP_URL = server
    answer = client.post("/accounts/password/reset/", {"email": email})
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/password/reset/done/"


@pytest.mark.django_db
def test_a_forgotten_password_goes_through_the_server_of_messages(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("ada@example.org", "a long secret 1")
    settings.TRELLIS_SANDBOX = False
    settings.TRELLIS_SMTP_URL = "smtps://me:pw@mail.example:465"
    sent: list[tuple[str, str, bool, list[str]]] = []

    def send(server: EmailBackend, mails: list[EmailMessage]) -> int:
        sent.extend((server.host, mail.from_email, server.use_ssl, mail.to) for mail in mails)
        return len(mails)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    sender = settings.TRELLIS_MAIL_FROM
    assert sent == [("mail.example", sender, True, ["ada@example.org"])]
