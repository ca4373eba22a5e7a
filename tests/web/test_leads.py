"""The queue of those ready to be sent on, and the lead in the profile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from tests import world
from tests.web import cast
from trellis.accounts.actions import add_user, set_role, version_of
from trellis.accounts.models import Role
from trellis.accounts.types import SYSTEM
from trellis.leads import actions
from trellis.leads.actions import LineDraft, QuestionDraft
from trellis.leads.models import Lead, Reason, Stage

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


def settled() -> int:
    """Somebody who has a lead."""
    ann = cast.someone("Ann")
    world.settle(ann)
    return ann


def sheet(page: str, name: str) -> str:
    """A dialog of the page, with its opening tag."""
    return page.split(f'<dialog class="sheet" id="{name}"')[1].partition("</dialog>")[0]


def test_what_was_typed_stands_there_again_where_a_lead_changed_meanwhile(
    client: Client,
) -> None:
    cast.sign_in(client)
    ann = settled()
    reason = Reason.objects.filter(kind="lost").order_by("-pk")[0]
    post = {
        "act": "lose",
        "line": "main",
        "reason": str(reason.pk),
        "note": 'too "dear" <b>',
        "version": "0",
    }
    answer = client.post(f"/contacts/{ann}/lead/", post)
    assert answer.status_code == 409
    shown = sheet(answer.content.decode(), "lose-main")
    assert shown.startswith(" open ")
    assert 'value="too &quot;dear&quot; &lt;b&gt;"' in shown
    assert f'<option value="{reason.pk}" selected>' in shown
    version = shown.partition('name="version" value="')[2].partition('"')[0]
    assert " open " not in sheet(answer.content.decode(), "win-main")[:8]
    again = client.post(f"/contacts/{ann}/lead/", {**post, "version": version})
    assert again.status_code == 302
    assert Lead.objects.get(contact_id=ann).outcome == "lost"


def test_a_sum_that_is_none_stands_there_again(client: Client) -> None:
    cast.sign_in(client)
    ann = settled()
    post = {"act": "win", "line": "main", "value": "a lot", "currency": "USD"}
    answer = client.post(f"/contacts/{ann}/lead/", post)
    shown = sheet(answer.content.decode(), "win-main")
    assert answer.status_code == 422
    assert 'value="a lot"' in shown
    assert 'value="USD"' in shown
    assert "a lot is not a sum of money." in answer.content.decode()


def test_a_move_back_without_a_reason_keeps_the_stage_that_was_chosen(client: Client) -> None:
    cast.sign_in(client)
    ann = settled()
    client.post(f"/contacts/{ann}/lead/", {"act": "move", "to": "sql"})
    answer = client.post(f"/contacts/{ann}/lead/", {"act": "move", "to": "lead"})
    shown = sheet(answer.content.decode(), "move")
    assert answer.status_code in (409, 422)
    assert shown.startswith(" open ")
    assert '<option value="lead" selected>' in shown
    back = client.get(f"/contacts/{ann}/lead/?how=active")
    assert back["Location"] == f"/contacts/{ann}/?how=active"


def test_answers_that_are_refused_come_back_as_they_were_typed(client: Client) -> None:
    cast.sign_in(client)
    ann = settled()
    budget, plans = (
        actions.save_question(SYSTEM, QuestionDraft(text=text, kind=kind)).key
        for text, kind in (("Budget", "number"), ("Plans", "text"))
    )
    post = {"line": "main", f"q-{budget}": "plenty", f"q-{plans}": "a second shop"}
    answer = client.post(f"/contacts/{ann}/qualify/", post)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'name="q-{budget}" value="plenty"' in page
    assert f'name="q-{plans}" value="a second shop"' in page
    assert client.get(f"/contacts/{ann}/qualify/")["Location"].startswith(f"/contacts/{ann}/")


def test_a_role_that_somebody_changed_meanwhile_stays_chosen(client: Client) -> None:
    cast.sign_in(client)
    bob = add_user(
        SYSTEM, "bob@example.com", name="Bob", role="viewer", password="long-enough-1"
    )
    stale = version_of(bob)
    set_role(SYSTEM, bob.pk, "sales")
    address = f"/users/{bob.pk}/"
    answer = client.post(address, {"role": "mdr", "version": stale})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert '<option value="mdr" selected>' in page
    assert "Give this role" in page
    bob.refresh_from_db()
    assert bob.role == "sales"
    client.post(address, {"role": "mdr", "version": version_of(bob)})
    bob.refresh_from_db()
    assert bob.role == "mdr"
