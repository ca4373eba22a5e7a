"""Health, rejected events, attributes, signals and imports in the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from trellis.accounts.models import Role, User
from trellis.accounts.types import SYSTEM
from trellis.capture.models import Import
from trellis.core import clock
from trellis.events import rejected
from trellis.events.models import Inbox, Rejected, Signal
from trellis.people import definitions
from trellis.people.models import Attribute

PAGES = ["/health/", "/health/rejected/", "/attributes/", "/signals/", "/imports/"]
CSV = "Email,Nombre\nana@example.org,Ana\nnot an address,Bo\n王@example.org,王\n".encode()


@pytest.fixture
def marketer(client: Client, db: None) -> Client:
    client.force_login(
        User.objects.create_user("m@example.org", "a long secret 1", role=Role.MARKETER)
    )
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_sign_in(client: Client, page: str) -> None:
    assert client.get(page)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_answers_with_a_fixed_number_of_queries(
    marketer: Client, page: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        definitions.create(SYSTEM, f"field_{number}", "text", {"label": f"Field {number}"})
        Signal.objects.create(
            key=f"s{number}",
            name=f"S {number}",
            event_type="track",
            event_name="X",
            status="live",
        )
    with django_assert_max_num_queries(18):
        assert marketer.get(page).status_code == 200


def refused(body: bytes = b'{"type":"track","event":"Bought","userId":"u1"}') -> Rejected:
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    rejected.keep(
        [
            rejected.Item(
                at=at,
                reason="bad_time",
                detail="",
                origin="api",
                key_id=None,
                call="batch",
                sent="",
                body=body,
            )
        ]
    )
    return Rejected.objects.latest("id")


def test_a_rejected_item_is_shown_as_it_came_and_read_again(marketer: Client) -> None:
    row = refused()
    page = marketer.get("/health/rejected/").content.decode()
    assert "Unreadable time" in page
    assert "Bought" in page
    assert Inbox.objects.count() == 0
    marketer.post("/health/rejected/", {"id": [str(row.pk)]})
    assert Inbox.objects.count() == 1
    row.refresh_from_db()
    assert row.replayed_at is not None


def test_looking_at_rejected_items_reads_nothing_again(marketer: Client) -> None:
    row = refused()
    marketer.get(f"/health/rejected/?id={row.pk}")
    assert Inbox.objects.count() == 0


def test_garbage_that_was_rejected_is_shown_harmlessly(marketer: Client) -> None:
    refused(b"\xff\x00<script>alert(1)</script>")
    page = marketer.get("/health/rejected/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_an_attribute_is_defined_once_and_keeps_its_key(marketer: Client) -> None:
    values = {
        "key": "size",
        "type": "number",
        "label": "Company size",
        "bucket": "demographic",
        "how": "active",
        "options": "",
        "description": "",
    }
    assert marketer.post("/attributes/", values).status_code == 302
    again = marketer.post("/attributes/", values)
    assert "an attribute size already" in again.content.decode()
    marketer.post("/attributes/size/", {**values, "key": "other", "label": "Headcount"})
    row = Attribute.objects.get(key="size")
    assert row.label == "Headcount"
    assert not Attribute.objects.filter(key="other").exists()


def test_an_attribute_without_readers_is_archived(marketer: Client) -> None:
    definitions.create(SYSTEM, "shoe", "text", {})
    marketer.post("/attributes/shoe/", {"act": "archive"})
    assert marketer.get("/attributes/shoe/").status_code == 404


def upload(client: Client, data: bytes = CSV) -> Import:
    client.post("/imports/", {"file": SimpleUploadedFile("people.csv", data)})
    return Import.objects.latest("id")


def test_an_upload_shows_what_was_understood_before_anything_is_written(
    marketer: Client, settings: Any, tmp_path: Path
) -> None:
    settings.TRELLIS_DATA = tmp_path
    row = upload(marketer)
    page = marketer.get(f"/imports/{row.pk}/").content.decode()
    assert "Would be accepted" in page
    assert "Not an email address" in page
    assert Inbox.objects.count() == 0


def test_a_consent_without_words_does_not_start(
    marketer: Client, settings: Any, tmp_path: Path
) -> None:
    settings.TRELLIS_DATA = tmp_path
    row = upload(marketer)
    answer = marketer.post(
        f"/imports/{row.pk}/",
        {"act": "start", "encoding": "utf-8", "header": "yes", "consent": "marketing"},
    )
    assert answer.status_code == 422
    assert "wording" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "uploaded"


def test_a_started_import_runs_and_can_be_cancelled(
    marketer: Client, settings: Any, tmp_path: Path
) -> None:
    settings.TRELLIS_DATA = tmp_path
    row = upload(marketer)
    started = marketer.post(
        f"/imports/{row.pk}/", {"act": "start", "encoding": "utf-8", "header": "yes"}
    )
    assert started.status_code == 302
    row.refresh_from_db()
    assert row.state == "running"
    assert "progressbar" in marketer.get(f"/imports/{row.pk}/").content.decode()
    marketer.post(f"/imports/{row.pk}/", {"act": "cancel"})
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert clock.now() >= row.created_at


def test_a_picture_is_no_table(marketer: Client, settings: Any, tmp_path: Path) -> None:
    settings.TRELLIS_DATA = tmp_path
    answer = marketer.post(
        "/imports/", {"file": SimpleUploadedFile("x.csv", b"PK\x03\x04" + bytes(4000))}
    )
    assert answer.status_code == 422
    assert "not a CSV file" in answer.content.decode()
