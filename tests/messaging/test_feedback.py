"""What comes back moves the state of messages, and only what a person did counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.messaging.conftest import NOW, SLOTS
from trellis.core.errors import InvalidInput
from trellis.events.types import Logged
from trellis.messaging import deliver, feedback, policy, tokens
from trellis.messaging.humans import HUMAN, Hit, probability
from trellis.messaging.models import Message
from trellis.people.models import Suppression

Make = Callable[..., Any]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def logged(name: str, contact_id: int, message_id: int, **more: Any) -> Logged:
    props = {"message_id": message_id, **more.pop("props", {})}
    values: dict[str, Any] = {
        "event_id": 1,
        "type": "system",
        "at": NOW,
        "cause": None,
        "depth": 0,
        "key_id": None,
        "origin": "system",
    }
    return Logged(name=name, contact_id=contact_id, props=props, **(values | more))


@pytest.fixture
def sent(db: None, template: Make, contact: Make, ask: Make, now: datetime) -> Message:
    """A message that went to Ann."""
    ask(contact(), template())
    deliver.run_due(SLOTS, now, 10)
    return Message.objects.get()


def again(message: Message) -> Message:
    return Message.objects.get(contact_id=message.contact_id, message_id=message.message_id)


def test_the_earliest_open_and_click_of_a_person_stay(sent: Message) -> None:
    ids = (sent.contact_id, sent.message_id)
    hour = timedelta(hours=1)
    feedback.apply(
        [
            logged("Message Opened", *ids, at=NOW + 3 * hour, props={"human": 0.9}),
            logged("Message Clicked", *ids, at=NOW + 2 * hour, props={"human": 0.95}),
            logged("Message Clicked", *ids, at=NOW + hour, props={"human": 0.05}),
        ]
    )
    feedback.apply([logged("Message Clicked", *ids, at=NOW + 4 * hour, props={"human": 0.95})])
    found = again(sent)
    assert (found.opened_at, found.clicked_at) == (NOW + 2 * hour, NOW + 2 * hour)
    assert found.state == "sent"


def test_a_scanner_opens_nothing(sent: Message) -> None:
    feedback.apply(
        [logged("Message Clicked", sent.contact_id, sent.message_id, props={"human": 0.05})]
    )
    found = again(sent)
    assert (found.opened_at, found.clicked_at) == (None, None)


def test_a_burst_takes_back_its_first_clicks_but_not_earlier_ones(sent: Message) -> None:
    ids = (sent.contact_id, sent.message_id)
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    person = {"human": 0.95, "why": "person"}
    feedback.apply(
        [
            logged("Message Clicked", *ids, at=NOW, props=person),
            logged("Message Clicked", *ids, at=NOW + second, props=person),
            logged(
                "Message Clicked",
                *ids,
                at=NOW + 2 * second,
                props={"human": 0.05, "why": "burst"},
            ),
        ]
    )
    found = again(sent)
    assert (found.opened_at, found.clicked_at) == (None, None)

    feedback.apply([logged("Message Clicked", *ids, at=NOW + hour, props=person)])
    burst = {"human": 0.05, "why": "burst"}
    feedback.apply([logged("Message Clicked", *ids, at=NOW + 2 * hour, props=burst)])
    assert again(sent).clicked_at == NOW + hour


def test_an_event_from_outside_cannot_pretend(sent: Message) -> None:
    feedback.apply(
        [
            logged(
                "Message Bounced",
                sent.contact_id,
                sent.message_id,
                type="track",
                props={"type": "hard"},
            )
        ]
    )
    assert again(sent).state == "sent"


def test_a_hard_bounce_suppresses_the_address(sent: Message) -> None:
    event = logged(
        "Message Bounced",
        sent.contact_id,
        sent.message_id,
        props={"type": "hard", "code": "5.1.1", "detail": "no such user"},
    )
    feedback.apply([event])
    feedback.apply([event])
    found = again(sent)
    assert (found.state, found.reason, found.detail) == (
        "bounced",
        "hard",
        "5.1.1 no such user",
    )
    assert [(row.value, row.reason) for row in Suppression.objects.all()] == [
        ("ann@example.com", "hard_bounce")
    ]


@pytest.mark.django_db
def test_soft_bounces_suppress_only_in_a_row(
    template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    policy.save({"soft_bounces": 2, "cap_count": 0})
    ann, version = contact(), template()

    def bounce(number: int, *, opened: bool) -> None:
        at = now + timedelta(days=number)
        ask(ann, version, cause=f"journey:{number}", wake_at=at)
        deliver.run_due(SLOTS, at, 10)
        row = Message.objects.get(cause=f"journey:{number}")
        name, props = (
            ("Message Opened", {"human": 0.9})
            if opened
            else (
                "Message Bounced",
                {"type": "soft"},
            )
        )
        feedback.apply([logged(name, ann, row.message_id, at=at, props=props)])

    bounce(1, opened=False)
    bounce(2, opened=True)
    bounce(3, opened=False)
    assert Suppression.objects.count() == 0
    bounce(4, opened=False)
    assert [row.reason for row in Suppression.objects.all()] == ["soft_bounces"]


def test_any_answer_proves_that_an_unknown_message_went_out(sent: Message) -> None:
    Message.objects.update(state="unknown", reason="lease_lapsed")
    feedback.apply(
        [logged("Message Opened", sent.contact_id, sent.message_id, props={"human": 0.1})]
    )
    found = again(sent)
    assert (found.state, found.reason, found.opened_at) == ("sent", "", None)


def test_a_report_of_delivery_is_kept(sent: Message) -> None:
    feedback.apply([logged("Message Delivered", sent.contact_id, sent.message_id)])
    assert again(sent).state == "delivered"


def hit(**more: Any) -> Hit:
    values: dict[str, Any] = {
        "link": 1,
        "at": 1000.0,
        "sent": 900.0,
        "method": "GET",
        "agent": FIREFOX,
        "prefetch": False,
    }
    return Hit(**(values | more))


@pytest.mark.parametrize(
    ("one", "earlier", "reason"),
    [
        (hit(), [], "person"),
        (hit(method="HEAD"), [], "head"),
        (hit(prefetch=True), [], "prefetch"),
        (hit(agent=""), [], "no_agent"),
        (hit(agent="python-requests/2.32"), [], "machine"),
        (hit(agent="Barracuda Sentinel (EE)"), [], "machine"),
        (hit(sent=998.1), [], "too_soon"),
        (hit(sent=997.9), [], "person"),
        (hit(sent=1001.0), [], "too_soon"),
        (hit(link=3), [hit(link=1, at=996.0), hit(link=2, at=997.0)], "burst"),
        (hit(link=3), [hit(link=1, at=900.0), hit(link=2, at=950.0)], "person"),
        (hit(link=1), [hit(link=1, at=998.0), hit(link=1, at=999.0)], "person"),
        (hit(link=2), [hit(link=0, at=999.0), hit(link=1, at=999.0)], "person"),
        (hit(link=0), [], "person"),
        (hit(link=0, agent="Mozilla/5.0"), [], "privacy_proxy"),
    ],
)
def test_a_hit_is_judged_by_what_it_looks_like(
    one: Hit, earlier: list[Hit], reason: str
) -> None:
    chance, why = probability(one, earlier)
    assert why == reason
    assert (chance >= HUMAN) == (reason == "person")


def report(kind: str, fields: str, original: str, outer: str = "delivery-status") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: school@example.org\r\nSubject: Returned mail\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={outer};"
        ' boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n'
        f"--b\r\nContent-Type: {kind}\r\n\r\n{fields}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n--b--\r\n"
    ).encode()


OURS = "Message-ID: {}\r\nSubject: Hello\r\n"
FAILED = "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\nAction: {}\r\nStatus: {}\r\nDiagnostic-Code: smtp; {}\r\n"


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "550 no such user", "hard"),
        ("5.2.2", "552 mailbox full", "soft"),
        ("4.4.7", "delivery time expired", "soft"),
        ("5.7.1", "550 blocked", "blocked"),
        ("5.4.4", "no such host", "hard"),
        ("", "what is this", "soft"),
    ],
)
def test_a_delivery_report_names_the_message_and_how_bad_it_is(
    status: str, diagnostic: str, kind: str
) -> None:
    original = OURS.format(tokens.message_id_header("example.org", 7, 42))
    found = feedback.parse_dsn(
        report("message/delivery-status", FAILED.format("failed", status, diagnostic), original)
    )
    assert found is not None
    assert (found.contact_id, found.message_id, found.type) == (7, 42, kind)


def test_a_report_of_delay_is_no_bounce() -> None:
    original = OURS.format(tokens.message_id_header("example.org", 7, 42))
    raw = report(
        "message/delivery-status", FAILED.format("delayed", "4.4.1", "later"), original
    )
    assert feedback.parse_dsn(raw) is None


def test_a_spam_complaint_is_read() -> None:
    original = OURS.format(tokens.message_id_header("example.org", 7, 42))
    found = feedback.parse_dsn(
        report(
            "message/feedback-report", "Feedback-Type: abuse\r\n", original, "feedback-report"
        )
    )
    assert found is not None
    assert found.type == "complaint"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"Subject: I am on holiday\r\n\r\nBack on Monday.",
        report(
            "message/delivery-status",
            FAILED.format("failed", "5.1.1", "x"),
            "Message-ID: <somebody-elses-message-id-that-is-long@example.org>\r\n",
        ),
    ],
)
def test_what_is_not_about_a_mail_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        feedback.parse_dsn(raw)
