"""Killed at any instant: nothing is sent twice, nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.messaging.conftest import SLOTS, Mailbox
from trellis.core import clock
from trellis.messaging import deliver, record
from trellis.messaging.models import Message
from trellis.people.models import Contact

Make = Callable[..., Any]


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


def later(minutes: int) -> Any:
    return time_machine.travel(clock.wall() + timedelta(minutes=minutes), tick=False)


def killed(*_: object) -> None:
    raise Killed


@pytest.mark.django_db
def test_killed_before_handing_over_marketing_stands_as_unknown(
    smtp: Mailbox,
    template: Make,
    contact: Make,
    ask: Make,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = contact()
    ask(ann, template())
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "hand_over", killed)
        with pytest.raises(Killed):
            deliver.run_due(SLOTS, now, 10)

    assert deliver.reap(now) == 0
    with later(minutes=7):
        assert deliver.reap(now) == 1
        assert deliver.reap(now) == 0
        assert deliver.run_due(SLOTS, now + timedelta(days=1), 10) == 0
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("unknown", "lease_lapsed")
    assert smtp.envelopes == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("purpose", "state", "mails"), [("marketing", "unknown", 1), ("transactional", "sent", 2)]
)
def test_killed_between_handing_over_and_recording(
    smtp: Mailbox,
    template: Make,
    contact: Make,
    ask: Make,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    purpose: str,
    state: str,
    mails: int,
) -> None:
    ann = contact()
    ask(ann, template(purpose=purpose))
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_record", killed)
        with pytest.raises(Killed):
            deliver.run_due(SLOTS, now, 10)
    assert len(smtp.envelopes) == 1

    with later(minutes=7):
        deliver.reap(now)
        deliver.run_due(SLOTS, now, 10)
    assert Message.objects.get(contact_id=ann).state == state
    assert len(smtp.envelopes) == mails
    contents = [envelope.content for envelope in smtp.envelopes]
    marks = {line for text in contents for line in text.split(b"\r\n") if b"Message-ID" in line}
    assert len(marks) == 1


@pytest.mark.django_db
def test_a_late_answer_settles_an_unknown_message(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact()
    ask(ann, template())
    batch = deliver.claim(SLOTS, now, 10)
    with later(minutes=7):
        deliver.reap(now)
    assert Message.objects.get(contact_id=ann).state == "unknown"
    deliver.hand_over(batch.letters, now)
    assert Message.objects.get(contact_id=ann).state == "sent"


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_changes_nothing(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact()
    ask(ann, template(purpose="transactional"))
    slow = deliver.claim(SLOTS, now, 10)
    with later(minutes=7):
        deliver.reap(now)
        quick = deliver.claim(SLOTS, now, 10)
    record.settle([record.Ending(message=slow.letters[0].message, state="failed")], now)
    assert Message.objects.get(contact_id=ann).state == "sending"
    record.settle([record.Ending(message=quick.letters[0].message, state="sent")], now)
    assert Message.objects.get(contact_id=ann).state == "sent"


@pytest.mark.django_db
def test_a_message_is_followed_when_its_contact_is_merged_while_it_is_on_the_wire(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    loser, winner = contact("old@example.com"), contact("new@example.com")
    ask(loser, template())
    batch = deliver.claim(SLOTS, now, 10)
    Message.objects.filter(contact_id=loser).update(contact_id=winner)
    Contact.objects.filter(contact_id=loser).update(merged_into=winner)
    deliver.hand_over(batch.letters, now)
    assert Message.objects.get(contact_id=winner).state == "sent"
