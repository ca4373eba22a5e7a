"""The gate, check by check, in order; and its counts under concurrency."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.messaging.conftest import NOW, SLOTS, Mailbox
from trellis.events.models import Decision
from trellis.messaging import deliver, policy
from trellis.messaging.gate import CHECKS, REASONS, Case, Verdict, decide
from trellis.messaging.models import Message
from trellis.messaging.policy import Policy
from trellis.messaging.types import Claimed, Person
from trellis.people.models import Consent, Suppression

Make = Callable[..., Any]
DAY = timedelta(days=1)

POLICY = Policy(
    cap_count=3,
    cap_window=7 * DAY,
    quiet=None,
    expiry=3 * DAY,
    soft_bounces=5,
    explicit=True,
    zone=ZoneInfo("UTC"),
)
NIGHT = replace(POLICY, quiet=(time(9), time(11)))
MESSAGE = Claimed(
    contact_id=1,
    message_id=1,
    cause="journey:1:hello:1",
    channel="email",
    purpose="marketing",
    template_version_id=1,
    journey_id=None,
    tries=1,
    created_at=NOW,
    expires_at=NOW + 3 * DAY,
    params={},
    lease_until=NOW,
)
ANN = Person(contact_id=1, email="ann@example.com")
PLAIN = Case(
    message=MESSAGE,
    person=ANN,
    address=ANN.email,
    valid=True,
    consent=True,
    received=(),
    policy=POLICY,
    now=NOW,
)
TRANSACTIONAL = replace(MESSAGE, purpose="transactional", expires_at=None)
FULL = (NOW - 6 * DAY, NOW - 5 * DAY, NOW - 4 * DAY)
PAUSED = replace(ANN, attributes={"marketing_paused_until": "2026-05-22"})


@pytest.mark.parametrize(
    ("case", "answer", "reason"),
    [
        (PLAIN, "send", "passed"),
        (replace(PLAIN, person=None), "skip", "no_contact"),
        (replace(PLAIN, person=replace(ANN, suppressed="hard_bounce")), "skip", "suppressed"),
        (replace(PLAIN, consent=None), "skip", "no_consent"),
        (replace(PLAIN, consent=False), "skip", "withdrawn"),
        (
            replace(PLAIN, consent=None, policy=replace(POLICY, explicit=False)),
            "send",
            "passed",
        ),
        (
            replace(PLAIN, consent=False, policy=replace(POLICY, explicit=False)),
            "skip",
            "withdrawn",
        ),
        (replace(PLAIN, address="", valid=False), "skip", "no_address"),
        (replace(PLAIN, address="a b", valid=False), "skip", "bad_address"),
        (replace(PLAIN, person=PAUSED), "wait", "paused_by_contact"),
        (replace(PLAIN, received=FULL), "wait", "frequency_cap"),
        (
            replace(PLAIN, received=(NOW - DAY, NOW - DAY, NOW - DAY)),
            "skip",
            "frequency_cap",
        ),
        (replace(PLAIN, received=FULL[1:]), "send", "passed"),
        (replace(PLAIN, received=FULL, policy=replace(POLICY, cap_count=0)), "send", "passed"),
        (replace(PLAIN, policy=NIGHT), "wait", "quiet_hours"),
        (
            replace(PLAIN, policy=NIGHT, person=replace(ANN, time_zone="Asia/Tokyo")),
            "send",
            "passed",
        ),
        (replace(PLAIN, now=NOW + 4 * DAY), "skip", "expired"),
        # The order: an earlier objection hides a later one.
        (
            replace(PLAIN, person=replace(ANN, suppressed="complaint"), consent=False),
            "skip",
            "suppressed",
        ),
        (replace(PLAIN, consent=False, address="", valid=False), "skip", "withdrawn"),
        (replace(PLAIN, received=FULL, policy=NIGHT), "wait", "frequency_cap"),
        # Transactional: only the address and its suppression count.
        (
            replace(PLAIN, message=TRANSACTIONAL, consent=False, received=FULL, policy=NIGHT),
            "send",
            "passed",
        ),
        (replace(PLAIN, message=TRANSACTIONAL, person=PAUSED), "send", "passed"),
        (
            replace(PLAIN, message=TRANSACTIONAL, person=replace(ANN, suppressed="complaint")),
            "skip",
            "suppressed",
        ),
        (replace(PLAIN, message=TRANSACTIONAL, address="", valid=False), "skip", "no_address"),
    ],
)
def test_the_first_objection_decides(case: Case, answer: str, reason: str) -> None:
    verdict = decide(case)
    assert (verdict.answer, verdict.reason) == (answer, reason)
    assert verdict.reason in REASONS
    assert (verdict.until is not None) == (answer == "wait")


def test_a_capped_message_waits_until_the_oldest_leaves_the_window() -> None:
    assert decide(replace(PLAIN, received=FULL)) == Verdict(
        answer="wait",
        reason="frequency_cap",
        until=NOW + DAY,
        facts={"received": 3, "cap": 3, "days": 7},
    )


def test_the_checks_stand_in_the_order_of_the_design() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "_contact",
        "_suppressed",
        "_consent",
        "_address",
        "_own_pause",
        "_cap",
        "_quiet",
        "_expiry",
    ]


@given(
    gaps=st.lists(st.integers(min_value=0, max_value=60 * 24 * 3), min_size=1, max_size=40),
    cap=st.integers(min_value=1, max_value=4),
    days=st.integers(min_value=1, max_value=10),
)
def test_no_window_ever_holds_more_than_the_cap(gaps: list[int], cap: int, days: int) -> None:
    policy = replace(POLICY, cap_count=cap, cap_window=days * DAY)
    sent: list[datetime] = []
    now = NOW
    for gap in gaps:
        now += timedelta(minutes=gap)
        received = [at for at in sent if at > now - policy.cap_window]
        case = replace(
            PLAIN,
            policy=policy,
            now=now,
            received=received,
            message=replace(MESSAGE, expires_at=now + 30 * DAY),
        )
        verdict = decide(case)
        if verdict.answer == "send":
            sent.append(now)
        else:
            assert verdict.until is not None
            assert verdict.until > now
            freed = [at for at in sent if at > verdict.until - policy.cap_window]
            assert len(freed) < cap
    for begin in sent:
        assert sum(begin <= at < begin + policy.cap_window for at in sent) <= cap


@pytest.mark.django_db
def test_a_skip_is_final_with_its_reason_and_its_decision(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann = contact(consent=None)
    ask(ann, template())
    assert deliver.run_due(SLOTS, now, 100) == 1
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason, message.wake_at) == ("skipped", "no_consent", None)
    decision = Decision.objects.get(contact_id=ann)
    assert (decision.what, decision.outcome, decision.reason) == (
        "message.gate",
        "skip",
        "no_consent",
    )
    assert decision.subject == f"message:{message.message_id}"
    assert smtp.envelopes == []


@pytest.mark.django_db
def test_a_suppressed_address_gets_nothing_whoever_it_belongs_to(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    Suppression.objects.create(value="ann@example.com", kind="email", reason="complaint")
    ask(contact(), template(purpose="transactional"))
    deliver.run_due(SLOTS, now, 100)
    assert smtp.envelopes == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ([("email", True, 1), ("email", False, 2)], 0),
        ([("email", False, 1), ("email", True, 2)], 1),
        ([("email", True, 1), ("*", False, 2)], 0),
        ([("*", False, 1), ("email", True, 2)], 1),
        ([("*", True, 1)], 1),
        ([("sms", True, 1)], 0),
        ([("email", True, 1), ("*", False, 1)], 0),
    ],
)
def test_the_newest_word_on_this_channel_or_on_all_counts(
    smtp: Mailbox,
    template: Make,
    contact: Make,
    ask: Make,
    now: datetime,
    words: list[tuple[str, bool, int]],
    sent: int,
) -> None:
    ann = contact(consent=None)
    for number, (channel, word, day) in enumerate(words):
        Consent.objects.create(
            contact_id=ann,
            consent_id=number,
            purpose="marketing",
            channel=channel,
            given=word,
            at=now - 10 * DAY + day * DAY,
            source="form",
        )
    ask(ann, template())
    deliver.run_due(SLOTS, now, 100)
    assert len(smtp.envelopes) == sent


@pytest.mark.django_db
def test_a_batch_counts_itself_towards_the_cap(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    ann, version = contact(), template()
    for number in range(5):
        ask(ann, version, cause=f"journey:{number}")
    deliver.run_due(SLOTS, now, 100)
    found = sorted(Message.objects.values_list("state", "reason"))
    assert found == [("sent", "")] * 3 + [("skipped", "frequency_cap")] * 2
    assert len(smtp.envelopes) == 3


@pytest.mark.django_db
def test_quiet_hours_put_a_message_off_without_counting_a_try(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    policy.save({"quiet_from": "21:00", "quiet_to": "08:00"})
    ann = contact(time_zone="America/Los_Angeles")
    ask(ann, template())
    assert deliver.run_due(SLOTS, now, 100) == 1
    message = Message.objects.get(contact_id=ann)
    assert (message.state, message.reason, message.tries) == ("queued", "quiet_hours", 0)
    assert message.wake_at == NOW + timedelta(hours=5)
    assert deliver.run_due(SLOTS, message.wake_at, 100) == 1
    assert len(smtp.envelopes) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_pass_the_cap_or_send_twice(
    smtp: Mailbox, template: Make, contact: Make, ask: Make, now: datetime
) -> None:
    version = template()
    people = [contact(f"p{n}@example.com") for n in range(10)]
    for person in people:
        for number in range(6):
            ask(person, version, cause=f"journey:{number}")
    barrier = threading.Barrier(2)
    problems: list[BaseException] = []

    def work() -> None:
        try:
            barrier.wait()
            while deliver.run_due(SLOTS, now, 7):
                pass
        except BaseException as error:  # noqa: BLE001 # shown by the assert below
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert smtp.sizes() == {f"p{n}@example.com": 3 for n in range(10)}
    assert Message.objects.filter(state="sent").count() == 30
    assert Message.objects.filter(state="skipped", reason="frequency_cap").count() == 30
