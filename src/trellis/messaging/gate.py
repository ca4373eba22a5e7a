"""The gate: send, wait until, or skip because. No send can pass around it.

``CHECKS`` is the list to read first: each check looks at one case and either lets it pass
(None) or gives a verdict with a reason code and the facts that decided. ``judge`` judges a
whole batch: facts come as sets, and what passes counts for those after it. Messages of a
paused channel do not come here: they stay queued until it is resumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from trellis.core.sql import load
from trellis.messaging.policy import Policy
from trellis.messaging.quiet import quiet_until, zone_of
from trellis.messaging.types import MARKETING, Claimed, Person

_SQL = load("trellis.messaging", "outbox")

PAUSE_ATTRIBUTE = "marketing_paused_until"
"""Attribute a contact sets on the preference page: no marketing before this day."""

REASONS: dict[str, str] = {
    "passed": "Every check passed.",
    "no_contact": "The contact is gone or was merged into another.",
    "suppressed": "The address is on the suppression list.",
    "no_consent": "No consent is recorded for this purpose and channel.",
    "withdrawn": "Consent for this purpose and channel was withdrawn.",
    "no_address": "The contact has no address on this channel.",
    "bad_address": "The address on this channel cannot be written to.",
    "paused_by_contact": "The contact asked for a pause.",
    "frequency_cap": "The contact received as many messages as the policy allows.",
    "quiet_hours": "It is night where the contact lives.",
    "channel_paused": "The channel is paused.",
    "expired": "It came too late to be worth sending.",
}
"""Reason code → sentence. The codes stand in messages, decisions and reports."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``until`` is set where the answer is to wait."""

    answer: Literal["send", "wait", "skip"]
    reason: str
    until: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One message before the gate, with all it is judged by.

    ``consent``: the newest word on this purpose and channel, None where there is none.
    ``received``: times of marketing messages within the cap's window, oldest first.
    ``address`` is where it would go, ``valid`` whether the channel can write there.
    """

    message: Claimed
    person: Person | None
    address: str
    valid: bool
    consent: bool | None
    received: Sequence[datetime]
    policy: Policy
    now: datetime

    @property
    def marketing(self) -> bool:
        """Whether consent, caps and quiet hours apply."""
        return self.message.purpose == MARKETING


def _contact(case: Case) -> Verdict | None:
    return None if case.person else Verdict(answer="skip", reason="no_contact")


def _suppressed(case: Case) -> Verdict | None:
    if case.person and case.person.suppressed:
        return Verdict(
            answer="skip", reason="suppressed", facts={"because": case.person.suppressed}
        )
    return None


def _consent(case: Case) -> Verdict | None:
    if not case.marketing or case.consent is True:
        return None
    if case.consent is False:
        return Verdict(answer="skip", reason="withdrawn")
    if case.policy.explicit:
        return Verdict(answer="skip", reason="no_consent", facts={"policy": "explicit"})
    return None


def _address(case: Case) -> Verdict | None:
    if not case.address:
        return Verdict(answer="skip", reason="no_address")
    if not case.valid:
        return Verdict(answer="skip", reason="bad_address", facts={"address": case.address})
    return None


def _own_pause(case: Case) -> Verdict | None:
    raw = case.person.attributes.get(PAUSE_ATTRIBUTE) if case.person else None
    if not case.marketing or not isinstance(raw, str):
        return None
    try:
        until = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=case.policy.zone)
    if until <= case.now:
        return None
    return _wait(case, until, "paused_by_contact", {"until": raw})


def _cap(case: Case) -> Verdict | None:
    policy = case.policy
    if not case.marketing or not policy.cap_count or len(case.received) < policy.cap_count:
        return None
    frees = case.received[-policy.cap_count] + policy.cap_window
    facts = {
        "received": len(case.received),
        "cap": policy.cap_count,
        "days": policy.cap_window.days,
    }
    return _wait(case, frees, "frequency_cap", facts)


def _quiet(case: Case) -> Verdict | None:
    if not case.marketing or case.policy.quiet is None or case.person is None:
        return None
    zone = zone_of(case.person.time_zone, case.policy.zone)
    until = quiet_until(case.now, zone, *case.policy.quiet)
    if until is None:
        return None
    return _wait(case, until, "quiet_hours", {"zone": zone.key, "until": until.isoformat()})


def _expiry(case: Case) -> Verdict | None:
    expires = case.message.expires_at
    if expires is not None and case.now > expires:
        return Verdict(answer="skip", reason="expired", facts={"at": expires.isoformat()})
    return None


def _wait(case: Case, until: datetime, reason: str, facts: Mapping[str, Any]) -> Verdict:
    """Wait, unless it would be too late by then: then skip for the same reason."""
    expires = case.message.expires_at
    if expires is not None and until > expires:
        return Verdict(answer="skip", reason=reason, facts=facts)
    return Verdict(answer="wait", reason=reason, until=until, facts=facts)


CHECKS: tuple[Callable[[Case], Verdict | None], ...] = (
    _contact,
    _suppressed,
    _consent,
    _address,
    _own_pause,
    _cap,
    _quiet,
    _expiry,
)


def decide(case: Case) -> Verdict:
    """The first objection, or send. Pure."""
    for check in CHECKS:
        if verdict := check(case):
            return verdict
    return Verdict(answer="send", reason="passed")


AddressOf = Callable[[Claimed, Person], tuple[str, bool]]
"""Where a message would go, and whether its channel can write there."""


def judge(
    messages: Sequence[Claimed],
    people: Mapping[int, Person],
    address_of: AddressOf,
    policy: Policy,
    now: datetime,
) -> list[Verdict]:
    """Judge claimed messages, in order; reads consents and recent messages as sets.

    The caller holds the slots (``take_slots``), so nothing else of these contacts passes
    meanwhile; a message that passes here counts for the next one of the same contact.
    """
    consents = _consents(messages)
    received = _received(messages, policy, now)
    verdicts = []
    for message in messages:
        person = people.get(message.contact_id)
        address, valid = address_of(message, person) if person else ("", False)
        verdict = decide(
            Case(
                message=message,
                person=person,
                address=address,
                valid=valid,
                consent=consents.get((message.contact_id, message.channel)),
                received=received[message.contact_id],
                policy=policy,
                now=now,
            )
        )
        if verdict.answer == "send" and message.purpose == MARKETING:
            received[message.contact_id].append(now)
        verdicts.append(verdict)
    return verdicts


def consents_of(
    contact_ids: Sequence[int], purpose: str, channels: Sequence[str]
) -> dict[tuple[int, str], bool]:
    """The newest word of each contact on a purpose, per channel; a word on all channels
    ("*") counts on each, the later one wins. Absent where nobody said anything."""
    newest: dict[tuple[int, str], tuple[datetime, bool]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["consents"], {"contacts": list(contact_ids), "purpose": purpose})
        for contact_id, channel, given, at in cursor.fetchall():
            for named in channels if channel == "*" else (channel,):
                known = newest.get((contact_id, named))
                if known is None or at > known[0] or (at == known[0] and not given):
                    newest[contact_id, named] = (at, given)
    return {key: given for key, (_, given) in newest.items()}


def _consents(messages: Sequence[Claimed]) -> dict[tuple[int, str], bool]:
    asked = [message for message in messages if message.purpose == MARKETING]
    if not asked:
        return {}
    contacts = sorted({message.contact_id for message in asked})
    return consents_of(contacts, MARKETING, sorted({message.channel for message in asked}))


def _received(
    messages: Sequence[Claimed], policy: Policy, now: datetime
) -> defaultdict[int, list[datetime]]:
    received: defaultdict[int, list[datetime]] = defaultdict(list)
    contacts = sorted({m.contact_id for m in messages if m.purpose == MARKETING})
    if not contacts or not policy.cap_count:
        return received
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["recent"],
            {
                "contacts": contacts,
                "claimed": [message.message_id for message in messages],
                "now": now,
                "since": now - policy.cap_window,
            },
        )
        for contact_id, at in cursor.fetchall():
            received[contact_id].append(at)
    for times in received.values():
        times.sort()
    return received
