"""Delivering over real SMTP: what arrives, and what every answer leads to."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.messaging.conftest import SLOTS, Mailbox
from trellis.events.models import Inbox
from trellis.messaging import alarms, deliver
from trellis.messaging.models import Message, TemplateVersion, TrapMail
from trellis.people.models import Suppression

Make = Callable[..., Any]


def run(now: datetime) -> int:
    return deliver.run_due(SLOTS, now, 1000)


def facts() -> list[dict[str, Any]]:
    return [
        fact for row in Inbox.objects.order_by("id") for fact in json.loads(bytes(row.facts))
    ]


def received(smtp: Mailbox, number: int = 0) -> email.message.EmailMessage:
    content = smtp.envelopes[number].content
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert message.defects == []
    return message


@pytest.mark.django_db
def test_a_marketing_mail_arrives_with_correct_headers(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version: TemplateVersion = template(
        key="master-class",
        subject="Привет, {{ contact.first_name }}",
        html="<p>Hi {{ contact.first_name }}</p><a href='https://shop.example/?a=1&amp;b=2'>go</a>",
    )
    version.from_name, version.from_email = "Patisserie Müller", "school@example.org"
    version.reply_to = "help@example.org"
    version.save()
    ann = contact("ann@example.com", first_name="Анна")
    ask(ann, version)

    assert run(now) == 1

    mail = received(smtp)
    assert mail["Subject"] == "Привет, Анна"
    assert mail["From"] == "Patisserie Müller <school@example.org>"
    assert mail["Reply-To"] == "help@example.org"
    assert mail["To"] == "Анна <ann@example.com>"
    assert mail["Date"].datetime == now
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://trellis.example/u/")
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["Feedback-ID"].split(":")[1:3] == ["master-class", "marketing"]
    assert "Auto-Submitted" not in mail
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    html = mail.get_body(("html",)).get_content()
    assert "Hi Анна" in html
    assert "https://trellis.example/l/" in html
    assert "shop.example" not in html
    assert "Unsubscribe" in html
    assert "Hi Анна" in mail.get_body(("plain",)).get_content()
    assert smtp.envelopes[0].rcpt_tos == ["ann@example.com"]


@pytest.mark.django_db
def test_what_was_sent_is_recorded_and_stated_once(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact()
    ask(ann, template(), journey_id=7)
    run(now)
    assert run(now) == 0

    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.sent_at, message.subject) == ("sent", now, "Hello")
    assert (message.address, message.tries, message.wake_at) == ("ann@example.com", 1, None)
    [fact] = facts()
    assert fact["name"] == "Message Sent"
    assert fact["contact_id"] == ann
    assert fact["props"] == {
        "message_id": message.message_id,
        "channel": "email",
        "template": "hello",
        "purpose": "marketing",
        "journey": 7,
    }


@pytest.mark.django_db
def test_asking_twice_sends_once(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann, version = contact(), template()
    assert ask(ann, version, cause="journey:1:hello:1") == 1
    assert ask(ann, version, cause="journey:1:hello:1") == 0
    run(now)
    assert ask(ann, version, cause="journey:1:hello:1") == 0
    run(now)
    assert smtp.sizes() == {"ann@example.com": 1}


@pytest.mark.django_db
def test_a_transactional_mail_says_it_is_automatic_and_needs_no_consent(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ask(contact(consent=False), template(purpose="transactional"))
    run(now)
    mail = received(smtp)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail


@pytest.mark.django_db
def test_nothing_a_contact_holds_can_add_a_header(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    evil = 'x"\r\nBcc: all@example.com\r\n\r\n<b>'
    version = template(subject="Hi {{ contact.first_name }}", html="<p>{{ attr.city }}</p>")
    ask(contact(first_name=evil, last_name=evil, attributes={"city": evil}), version)
    run(now)
    mail = received(smtp)
    assert "Bcc" not in mail
    assert "Bcc: all@example.com" in mail["Subject"]
    assert smtp.envelopes[0].rcpt_tos == ["ann@example.com"]
    assert "&lt;b&gt;" in mail.get_body(("html",)).get_content()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nRCPT TO:<c@d.example>", "a@b@c.example", "a b@c.example", "<a@b.example>"],
)
def test_an_address_that_is_not_one_mailbox_is_never_written_to(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime, address: str
) -> None:
    ann = contact(address)
    ask(ann, template())
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("skipped", "bad_address")
    assert smtp.envelopes == []


@pytest.mark.django_db
def test_a_refused_recipient_fails_and_is_suppressed(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.answers["ann@example.com"] = "550 5.1.1 No such user"
    ann, bob = contact(), contact("bob@example.com")
    version = template()
    ask(ann, version)
    ask(bob, version)
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("failed", "recipient_refused")
    assert message.detail == "550 5.1.1 No such user"
    assert Suppression.objects.get().value == "ann@example.com"
    assert smtp.sizes() == {"bob@example.com": 1}
    assert {fact["name"] for fact in facts()} == {"Message Failed", "Message Sent"}


@pytest.mark.django_db
def test_a_full_mailbox_is_tried_again_with_growing_pauses_and_then_fails(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.answers["RCPT"] = "452 4.2.2 Mailbox full"
    ann = contact()
    ask(ann, template(purpose="transactional"))
    waits = []
    at = now
    while True:
        assert run(at) == 1
        message = Message.objects.get(contact_id=ann)
        if message.wake_at is None:
            break
        waits.append(int((message.wake_at - at).total_seconds() // 60))
        at = message.wake_at
    assert waits == [1, 5, 15, 30, 60, 120, 240, 480, 720]
    assert (message.state, message.reason) == ("failed", "recipient_deferred")
    assert Suppression.objects.count() == 0


@pytest.mark.django_db
def test_a_deferred_mail_goes_out_once_the_server_takes_it(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.answers["DATA"] = "451 4.3.0 Try later"
    ann = contact()
    ask(ann, template())
    run(now)
    assert run(now) == 0
    del smtp.answers["DATA"]
    run(now + timedelta(minutes=1))
    assert Message.objects.get(contact_id=ann).state == "sent"
    assert [message["Message-ID"] for message in (received(smtp, 0), received(smtp, 1))] == [
        received(smtp, 0)["Message-ID"]
    ] * 2


@pytest.mark.django_db
def test_a_refused_content_fails_for_good(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.answers["DATA"] = "554 5.6.0 Looks like spam"
    ann = contact()
    ask(ann, template())
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("failed", "content_refused")
    assert Suppression.objects.count() == 0


@pytest.mark.django_db
def test_a_refused_sender_pauses_the_channel_and_loses_nothing(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.answers["MAIL"] = "550 5.7.1 Sender not allowed"
    version = template()
    people = [contact(f"p{n}@example.com") for n in range(5)]
    for person in people:
        ask(person, version)
    run(now)
    [alarm] = alarms.alarms()
    assert (alarm.channel, alarm.reason, alarm.paused) == ("email", "sender_refused", True)
    assert set(Message.objects.values_list("state", "tries")) == {("queued", 0)}
    assert run(now) == 0

    del smtp.answers["MAIL"]
    assert alarms.resume("email") is True
    run(now)
    assert len(smtp.sizes()) == 5
    assert alarms.alarms() == []


@pytest.mark.django_db
def test_without_a_mail_server_the_channel_pauses(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime, settings: Any
) -> None:
    settings.TRELLIS_SMTP_URL = ""
    ask(contact(), template())
    run(now)
    assert [alarm.reason for alarm in alarms.alarms()] == ["no_mail_server"]


@pytest.mark.django_db
def test_an_unreachable_server_is_an_alarm_until_it_answers(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime, settings: Any
) -> None:
    working = settings.TRELLIS_SMTP_URL
    settings.TRELLIS_SMTP_URL = "smtp://127.0.0.1:1"
    ann = contact()
    ask(ann, template())
    run(now)
    [alarm] = alarms.alarms()
    assert (alarm.reason, alarm.paused) == ("unreachable", False)
    assert Message.objects.get(contact_id=ann).state == "queued"
    settings.TRELLIS_SMTP_URL = working
    run(now + timedelta(minutes=1))
    assert Message.objects.get(contact_id=ann).state == "sent"
    assert alarms.alarms() == []


@pytest.mark.django_db
def test_when_the_answer_is_lost_marketing_is_unknown_and_not_sent_again(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.cut_after_data = True
    ann = contact()
    ask(ann, template())
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("unknown", "answer_lost")
    smtp.cut_after_data = False
    assert run(now + timedelta(days=1)) == 0
    assert len(smtp.envelopes) == 1


@pytest.mark.django_db
def test_when_the_answer_is_lost_a_transactional_mail_repeats_its_message_id(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    smtp.cut_after_data = True
    ann = contact()
    ask(ann, template(purpose="transactional"))
    run(now)
    smtp.cut_after_data = False
    run(now + timedelta(minutes=1))
    assert Message.objects.get(contact_id=ann).state == "sent"
    assert received(smtp, 0)["Message-ID"] == received(smtp, 1)["Message-ID"]


@pytest.mark.django_db
def test_a_connection_that_the_server_closed_between_mails_is_replaced(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template()
    ann, bob = contact(), contact("bob@example.com")
    ask(ann, version)
    run(now)
    for kept in deliver._transports.values():
        for connection in kept._open:  # type: ignore[attr-defined] # the SMTP transport
            connection.sock.close()
    ask(bob, version)
    run(now)
    assert smtp.sizes() == {"ann@example.com": 1, "bob@example.com": 1}


@pytest.mark.django_db
def test_a_template_that_breaks_for_one_contact_fails_for_that_one(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template(html="<p>{{ attr.price | divided_by: attr.zero }}</p>")
    ann = contact(attributes={"price": 10, "zero": 0})
    bob = contact("bob@example.com", attributes={"price": 10, "zero": 2})
    ask(ann, version)
    ask(bob, version)
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("failed", "render_error")
    assert smtp.sizes() == {"bob@example.com": 1}


@pytest.mark.django_db
def test_in_a_sandbox_the_same_bytes_go_to_the_trap(
    template: Make, contact: Make, ask: Make, now: datetime, settings: Any
) -> None:
    settings.TRELLIS_URL = "https://trellis.example"
    ann = contact()
    ask(ann, template())
    run(now)
    mail = TrapMail.objects.get()
    assert (mail.contact_id, mail.recipient, mail.subject) == (ann, "ann@example.com", "Hello")
    parsed = email.message_from_bytes(bytes(mail.raw), policy=email.policy.default)
    assert parsed["To"] == "ann@example.com"
    assert parsed.defects == []
    assert Message.objects.get(contact_id=ann).state == "sent"


@pytest.mark.django_db
def test_a_message_whose_template_is_gone_fails_alone(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template()
    ann, bob = contact(), contact("bob@example.com")
    ask(ann, version, template_version_id=999_999)
    ask(bob, version)
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("failed", "render_error")
    assert smtp.sizes() == {"bob@example.com": 1}


@pytest.mark.django_db
def test_a_fault_of_ours_on_the_wire_leaves_the_message_in_doubt(
    smtp: Mailbox,
    template: Make,
    contact: Make,
    ask: Make,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    ann = contact()
    ask(ann, template())
    monkeypatch.setattr("trellis.messaging.channels.email.smtp.transfer", broken)
    run(now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason) == ("unknown", "internal_error")


@pytest.mark.django_db
def test_what_a_slow_server_left_no_time_for_is_queued_again_without_a_try(
    smtp: Mailbox,
    template: Make,
    contact: Make,
    ask: Make,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = contact()
    ask(ann, template())
    batch = deliver.claim(SLOTS, now, 10)
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "SPELL", timedelta(seconds=-1))
        deliver.hand_over(batch.letters, now)
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason, message.tries) == ("queued", "untried", 0)
    assert smtp.envelopes == []
    run(now)
    assert Message.objects.get(contact_id=ann).state == "sent"
