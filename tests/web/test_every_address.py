"""Every page of staff by every way in: what may not be posted is refused, whoever posts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from trellis.accounts.actions import add_user
from trellis.accounts.models import Audit
from trellis.accounts.types import SYSTEM
from trellis.web.staff.urls import urlpatterns

pytestmark = pytest.mark.django_db

NUMBER = 2**60
ASKS = {
    "contacts/bulk/",
    "contacts/filters/new/",
    f"contacts/filters/{NUMBER}/",
    f"contacts/{NUMBER}/timeline/",
    "journeys/check/",
    "journeys/rules/",
    f"segments/{NUMBER}/compare/",
    "signals/matches/",
    "rules/preview/",
    "rules/explain/",
    "reports/funnel/",
    "templates/preview/",
    "me/",
    "notices/",
}
"""Where somebody who may only look posts nevertheless: to ask, and to set his
own page and filters up. Each act in a bulk needs its own right."""


def addresses(patterns: list[URLPattern | URLResolver] = urlpatterns) -> Iterator[str]:
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        route = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            sample = str(NUMBER) if kind == "int" else "nothing"
            kind = "str" if kind == "string" else kind
            route = route.replace(f"<{kind}:{name}>", sample)
        assert "<" not in route
        yield route


def sign_in(client: Client, role: str) -> None:
    client.force_login(
        add_user(SYSTEM, f"{role}@x.io", name=role, role=role, password="long and odd 77")
    )


@pytest.mark.parametrize("role", ["viewer", "sales", "admin"])
def test_no_address_fails_over_things_there_are_not(client: Client, role: str) -> None:
    sign_in(client, role)
    client.raise_request_exception = False
    failed = []
    for route in addresses():
        for send in (client.get, client.post):
            status = send(f"/{route}").status_code
            if status >= 500 or (str(NUMBER) in route and status < 300 and route not in ASKS):
                failed.append((send.__name__, route, status))
    assert failed == []


def test_who_may_only_look_changes_nothing(client: Client) -> None:
    sign_in(client, "viewer")
    before = Audit.objects.count()
    taken = {
        route for route in addresses() if client.post(f"/{route}").status_code not in (403, 405)
    }
    assert taken <= ASKS
    assert Audit.objects.count() == before


def test_a_form_of_another_site_is_refused_everywhere() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, "admin")
    assert {client.post(f"/{route}").status_code for route in addresses()} == {403}


def test_strangers_are_sent_to_the_door_everywhere(client: Client) -> None:
    answered = {client.post(f"/{route}").status_code for route in addresses()}
    assert answered <= {302, 405}
