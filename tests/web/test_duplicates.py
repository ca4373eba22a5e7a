"""The pages of duplicates: the queue with reasons, side by side, decisions, undo."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web import cast
from trellis.accounts.models import Role
from trellis.accounts.types import SYSTEM, Actor
from trellis.people import actions, duplicates
from trellis.people.models import Contact, Merge

pytestmark = pytest.mark.django_db
QUEUE = "/contacts/duplicates/"


def twins() -> tuple[int, int]:
    made = [
        actions.create_contact(
            SYSTEM, {"email": email, "first_name": "Laura", "last_name": "Vidal"}
        )
        for email in ("laura.vidal@gmail.com", "lauravidal+x@gmail.com")
    ]
    duplicates.work()
    return made[0], made[1]


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_the_queue_says_why_and_how_sure(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    page = text(client, QUEUE)
    assert "Same mailbox, written differently" in page
    assert "lauravidal+x@gmail.com" in page
    assert f"/contacts/duplicates/{one}/{other}/" in page
    assert "No open question" in text(client, f"{QUEUE}?reason=same_device")


def test_a_profile_points_to_its_twin(client: Client) -> None:
    cast.sign_in(client)
    _one, other = twins()
    assert "May be the same person as Laura Vidal" in text(client, f"/contacts/{other}/")


def test_two_are_compared_merged_and_the_merge_undone_from_the_queue(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    page = text(client, f"{QUEUE}{one}/{other}/")
    assert "said later" in page
    assert "What moves" in page
    post = {"act": "merge", "one": one, "other": other}
    assert client.post(QUEUE, post)["Location"] == QUEUE
    assert client.get(f"/contacts/{other}/")["Location"] == f"/contacts/{one}/"
    merge = Merge.objects.get()
    assert f"/contacts/{one}/unmerge/{merge.merge_id}/" in text(client, f"{QUEUE}?state=merged")
    client.post(f"/contacts/{one}/unmerge/{merge.merge_id}/")
    assert Contact.objects.get(contact_id=other).merged_into is None


def test_who_comes_second_is_told_and_loses_nothing(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    ann = Actor(kind="user", id=9, name="Ann Puig", rights=SYSTEM.rights)
    actions.merge(ann, one, other)
    answer = client.post(QUEUE, {"act": "merge", "one": one, "other": other}, follow=True)
    assert answer.status_code == 200
    assert f"Ann Puig merged contact {other} into contact {one} meanwhile" in (
        answer.content.decode()
    )
    assert client.get(f"{QUEUE}{one}/{other}/")["Location"] == f"/contacts/{one}/"


def test_two_people_are_remembered_and_can_be_looked_at_again(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    client.post(QUEUE, {"act": "apart", "one": one, "other": other})
    assert "No open question" in text(client, QUEUE)
    assert "Ada Byron" in text(client, f"{QUEUE}?state=apart")
    client.post(QUEUE, {"act": "doubt", "one": one, "other": other})
    assert "Same mailbox" in text(client, QUEUE)


def test_sure_pairs_are_shown_and_merged_together(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    assert "Merge 1 pair" in text(client, f"{QUEUE}?sure=1")
    answer = client.post(QUEUE, {"act": "sure", "pair": f"{one}.{other}"}, follow=True)
    assert "1 pair merged." in answer.content.decode()
    assert Contact.objects.get(contact_id=other).merged_into == one


@pytest.mark.parametrize("query", ["after=x", "after=1.2", "after=9.9.9", "state=odd"])
def test_a_spoilt_address_never_breaks_the_queue(client: Client, query: str) -> None:
    cast.sign_in(client)
    assert client.get(f"{QUEUE}?{query}").status_code == 200


def test_nonsense_is_refused(client: Client) -> None:
    cast.sign_in(client)
    one, other = twins()
    assert client.post(QUEUE, {"act": "odd", "one": one, "other": other}).status_code == 422
    assert client.post(QUEUE, {"act": "merge", "one": "x", "other": other}).status_code == 422
    assert client.get(f"{QUEUE}{one}/{one}/").status_code == 404
    assert client.get(f"{QUEUE}{one}/99999/").status_code == 404


def test_a_viewer_sees_the_queue_and_decides_nothing(client: Client) -> None:
    one, other = twins()
    cast.sign_in(client, Role.VIEWER)
    assert "Same mailbox" in text(client, QUEUE)
    assert client.get(f"{QUEUE}{one}/{other}/").status_code == 403
    assert client.post(QUEUE, {"act": "apart", "one": one, "other": other}).status_code == 403
