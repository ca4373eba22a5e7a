"""What people see when something fails that nobody foresaw."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from tests.web import cast
from trellis.web.staff import tags

pytestmark = pytest.mark.django_db


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Client:
    """A browser of somebody for whom the page of tags fails."""

    def fail(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(tags, "render", fail)
    client = Client(raise_request_exception=False)
    cast.sign_in(client)
    return client


def test_an_unforeseen_error_is_a_page_like_every_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = failing(monkeypatch, ZeroDivisionError("secret detail")).get("/tags/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "what you just sent may not be saved" in page
    assert "trellis/trellis.css" in page
    assert "secret detail" not in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_a_database_that_is_away_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = failing(monkeypatch, OperationalError("server closed")).get("/tags/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database does not answer." in answer.content.decode()
