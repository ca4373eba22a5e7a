"""The queue of those ready to be sent on, and the lead in the profile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts.models import Role
from trellis.accounts.types import SYSTEM
from trellis.leads import actions
from trellis.leads.actions import LineDraft
from trellis.leads.models import Lead, Stage

pytestmark = pytest.mark.django_db

SPAIN = {"all": [{"field": "contact.country", "op": "eq", "value": "ES"}]}


def proposed() -> int:
    draft = replace(actions.draft_of("sql"), rule=SPAIN, automatic="propose")
    actions.change_stage(SYSTEM, "sql", draft)
    ann = cast.someone("Ann", country="ES")
    world.settle(ann)
    return ann


def stage_of(contact_id: int) -> str:
    return Stage.objects.get(pk=Lead.objects.get(contact_id=contact_id).stage_id).key


def test_with_several_lines_each_has_its_queue(client: Client) -> None:
    cast.sign_in(client)
    assert "?line=shop" not in client.get("/proposals/").content.decode()
    actions.add_line(SYSTEM, "shop", LineDraft(name="Web shop"))
    assert "?line=shop" in client.get("/proposals/").content.decode()


def test_one_is_accepted_from_the_queue(client: Client) -> None:
    cast.sign_in(client)
    ann = proposed()
    assert "Ann Ferrer" in client.get("/proposals/").content.decode()
    client.post("/proposals/", {"act": f"accept-{ann}"})
    assert stage_of(ann) == "sql"


def test_many_are_rejected_with_a_reason(client: Client) -> None:
    cast.sign_in(client)
    ann = proposed()
    client.post("/proposals/", {"act": "refuse", "contact": [ann], "reason": "Too early"})
    assert stage_of(ann) == "lead"
    assert "Nobody waits" in client.get("/proposals/").content.decode()


def test_a_viewer_decides_nothing(client: Client) -> None:
    cast.sign_in(client, Role.VIEWER)
    ann = proposed()
    assert client.post("/proposals/", {"act": f"accept-{ann}"}).status_code == 403
    assert stage_of(ann) == "lead"


def test_the_navigation_counts_what_waits(client: Client) -> None:
    proposed()
    cast.sign_in(client)
    said = client.get("/notices/bell/").content.decode()
    badge = said[said.index('id="badge-proposals"') :].split("</span>")[0]
    assert 'hx-swap-oob="true">1' in badge
    duplicates = said[said.index('id="badge-duplicates"') :].split(">")[0]
    assert duplicates.endswith(" hidden")


def test_who_decides_nothing_about_duplicates_is_not_told_their_number(client: Client) -> None:
    cast.sign_in(client, Role.VIEWER)
    assert 'id="badge-duplicates"' not in client.get("/notices/bell/").content.decode()
