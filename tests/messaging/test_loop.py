"""The way back: what a person does with a mail re-enters as facts and decides what follows."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.messaging.conftest import SLOTS, Mailbox
from tests.messaging.test_links import FIREFOX
from tests.pipeline import facts
from trellis.core import clock
from trellis.events.models import Event, EventName
from trellis.events.types import IDENTIFY, Fact
from trellis.messaging import deliver, outbox
from trellis.messaging.models import Message
from trellis.messaging.types import SendRequest
from trellis.people import consent
from trellis.people.models import Identity

Make = Callable[..., Any]


def ask(contact_id: int, version: Any, cause: str) -> None:
    now = clock.now()
    outbox.request(
        [
            SendRequest(
                contact_id=contact_id,
                cause=cause,
                template_version_id=version.id,
                channel="email",
                purpose="marketing",
                wake_at=now,
            )
        ],
        now,
    )
    deliver.run_due(SLOTS, now, 100)


def links(smtp: Mailbox, kind: str) -> list[str]:
    """The paths of one kind in the HTML of the last mail."""
    content = smtp.envelopes[-1].content
    assert isinstance(content, bytes)
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, email.message.EmailMessage)
    part = mail.get_body(("html",))
    assert part is not None
    return re.findall(rf"https://trellis\.example(/{kind}/[\w.-]+)", part.get_content())


@pytest.mark.django_db
def test_a_click_is_logged_and_an_unsubscribe_stops_the_rest(
    smtp: Mailbox, template: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = template(html="<a href='https://shop.example/a'>a</a>")
    facts.run(
        Fact(
            message_id="form-1",
            type=IDENTIFY,
            name="Identified",
            at=clock.now().timestamp(),
            ids=(("email", "ann@example.com"),),
            consent=({"purpose": "marketing", "channel": "email", "given": True},),
        )
    )
    ann = Identity.objects.get(value="ann@example.com").contact_id
    ask(ann, version, "journey:1")
    assert smtp.sizes() == {"ann@example.com": 1}

    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    browser = Client(headers={"user-agent": FIREFOX})
    browser.get(links(smtp, "o")[0])
    assert browser.get(links(smtp, "l")[0])["Location"] == "https://shop.example/a"
    facts.run()
    message = Message.objects.get(contact_id=ann)
    assert message.clicked_at == message.opened_at == later

    browser.get(links(smtp, "u")[0])
    facts.run()
    assert consent.state(ann, "marketing", "email") is True
    browser.post(links(smtp, "u")[0], {"List-Unsubscribe": "One-Click"})
    facts.run()
    assert consent.state(ann, "marketing", "email") is False

    ask(ann, version, "journey:2")
    assert smtp.sizes() == {"ann@example.com": 1}
    second = Message.objects.get(cause="journey:2")
    assert (second.state, second.reason) == ("skipped", "withdrawn")
    facts.run()
    logged = Event.objects.filter(contact_id=ann).values_list("name_id", flat=True)
    names = EventName.objects.in_bulk(set(logged))
    assert {names[number].name for number in logged} >= {
        "Message Sent",
        "Message Opened",
        "Message Clicked",
        "Unsubscribed",
        "Message Skipped",
    }


@pytest.mark.django_db
def test_a_pause_from_the_preference_page_holds_marketing_back(
    smtp: Mailbox, template: Make, contact: Make
) -> None:
    version = template(html="<a href='{{ preference_url }}'>choose</a>")
    ann = contact()
    ask(ann, version, "journey:1")
    Client().post(links(smtp, "p")[0], {"marketing:email": "on", "pause": "30"})
    facts.run()
    ask(ann, version, "journey:2")
    second = Message.objects.get(cause="journey:2")
    assert (second.state, second.reason) == ("skipped", "paused_by_contact")
    assert len(smtp.envelopes) == 1
