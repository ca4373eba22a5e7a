"""Delivering what is due: claim and gate, render, hand over, record.

A message is leased, and that is committed, before anything of it touches the wire; what
the channel answered is recorded after. Killed in between, its lease runs out and ``reap``
settles it: a marketing message stands as ``unknown`` and is never sent twice, a
transactional one is sent again under the same Message-ID.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec
import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.core.sql import load
from trellis.messaging import alarms, gate, policy, record, render
from trellis.messaging.channels.registry import CHANNELS
from trellis.messaging.gate import Verdict
from trellis.messaging.record import Ending
from trellis.messaging.types import (
    QUEUED,
    SKIPPED,
    Claimed,
    Outcome,
    Parcel,
    Person,
    Transport,
)

_SQL = load("trellis.messaging", "outbox")
_log = structlog.get_logger(__name__)
T = TypeVar("T")

CHUNK = 100
"""Messages claimed at once: at most so many are left in doubt by a crash."""
LEASE = timedelta(minutes=6)
"""Longer than the slowest transfer that may still succeed."""
SPELL = timedelta(seconds=5)
"""Nothing is begun after so long, so that a slow server neither outlasts leases nor holds up
a worker that is asked to stop; what was not begun is queued again."""
GATE_LOCK = 7_402
"""Advisory lock class: one holder per slot while messages pass the gate."""
PATIENCE = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to record what already went out, while the database is away."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that passed the gate."""

    message: Claimed
    person: Person
    address: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One claim: how many messages it looked at, and those that passed the gate."""

    seen: int
    letters: Sequence[Letter] = ()


def run_due(slots: Sequence[int], now: datetime, limit: int) -> int:
    """Work off messages of ``slots`` due at ``now``, at most ``limit``; how many were
    settled (sent, failed, skipped, put off). 0 means nothing is due. Returns after a spell
    of a few seconds even where more is due."""
    done = 0
    until = clock.wall() + SPELL
    while done < limit and clock.wall() < until:
        batch = claim(slots, now, min(CHUNK, limit - done))
        if not batch.seen:
            break
        hand_over(batch.letters, now)
        done += batch.seen
    return done


def reap(now: datetime) -> int:
    """Settle messages whose lease ran out (their worker died); how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        counted = 0
        for block in ("lapsed_marketing", "lapsed_transactional"):
            cursor.execute(_SQL[block], {"now": now, "wall": clock.wall()})
            counted += len(cursor.fetchall())
    return counted


def claim(slots: Sequence[int], now: datetime, limit: int) -> Batch:
    """Lease due messages and judge them, in one transaction. What may not go now is settled
    here; the rest comes back leased."""
    with transaction.atomic():
        messages = _lease(slots, now, limit)
        if not messages:
            return Batch(seen=0)
        people = _people(sorted({message.contact_id for message in messages}))
        verdicts = gate.judge(messages, people, _address, policy.load(), now)
        _decisions(messages, verdicts, now)
        record.settle(
            [
                _held(message, verdict)
                for message, verdict in zip(messages, verdicts, strict=True)
                if verdict.answer != "send"
            ],
            now,
        )
    letters = [
        Letter(
            message=message,
            person=people[message.contact_id],
            address=_address(message, people[message.contact_id])[0],
        )
        for message, verdict in zip(messages, verdicts, strict=True)
        if verdict.answer == "send"
    ]
    return Batch(seen=len(messages), letters=letters)


def hand_over(letters: Sequence[Letter], now: datetime) -> None:
    """Render leased messages, give them to their channels and record the outcomes."""
    by_channel: defaultdict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        by_channel[letter.message.channel].append(letter)
    for kind, mine in by_channel.items():
        ready, endings = _render(mine, now)
        outcomes = _transmit(kind, [parcel for _, parcel in ready])
        bad = []
        for (letter, parcel), outcome in zip(ready, outcomes, strict=True):
            endings.append(
                replace(
                    record.ending(letter.message, outcome, now),
                    address=letter.address,
                    subject=parcel.subject,
                    trapped=parcel if settings.TRELLIS_SANDBOX else None,
                )
            )
            if outcome.bad_address:
                bad.append((letter.address, "recipient_refused", outcome.detail))
        _patiently(partial(_record, kind, endings, outcomes, bad, now))


def close() -> None:
    """Close all connections; the next batch opens new ones."""
    with _guard:
        for transport in _transports.values():
            transport.close()
        _transports.clear()


_transports: dict[tuple[str, str], Transport] = {}
_guard = threading.Lock()
atexit.register(close)


def _transport(kind: str) -> Transport:
    key = (kind, settings.TRELLIS_SMTP_URL)
    with _guard:
        if key not in _transports:
            _transports[key] = CHANNELS[kind].open()
        return _transports[key]


def _lease(slots: Sequence[int], now: datetime, limit: int) -> list[Claimed]:
    until = clock.wall() + LEASE
    with connection.cursor() as cursor:
        cursor.execute(_SQL["take_slots"], {"lock": GATE_LOCK, "slots": list(slots)})
        cursor.execute(
            _SQL["claim"],
            {
                "slots": list(slots),
                "now": now,
                "paused": alarms.paused(),
                "until": until,
                "limit": limit,
            },
        )
        rows = sorted(cursor.fetchall())
    return [
        Claimed(
            contact_id=row[0],
            message_id=row[1],
            cause=row[2],
            channel=row[3],
            purpose=row[4],
            template_version_id=row[5],
            journey_id=row[6],
            tries=row[7],
            created_at=row[8],
            expires_at=row[9],
            params=msgspec.json.decode(row[10]),
            lease_until=until,
        )
        for row in rows
    ]


def _people(contact_ids: Sequence[int]) -> dict[int, Person]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["people"], {"contacts": list(contact_ids)})
        return {row[0]: person_of(row) for row in cursor.fetchall()}


def person_of(row: Sequence[object]) -> Person:
    """A row of the block ``people`` as a value."""
    texts = [str(value) for value in row[1:9]]
    attributes = row[9]
    return Person(
        contact_id=int(str(row[0])),
        email=texts[0],
        phone=texts[1],
        first_name=texts[2],
        last_name=texts[3],
        locale=texts[4],
        time_zone=texts[5],
        country=texts[6],
        city=texts[7],
        attributes=msgspec.json.decode(attributes, type=dict[str, object])
        if isinstance(attributes, str | bytes)
        else {},
        suppressed=str(row[10]),
    )


def _address(message: Claimed, person: Person) -> tuple[str, bool]:
    channel = CHANNELS.get(message.channel)
    if channel is None:
        return "", False
    address: str = message.params.get("to", "") if _is_test(message) else ""
    address = address or getattr(person, channel.address)
    return address, channel.valid(address)


def _is_test(message: Claimed) -> bool:
    return message.cause.startswith(render.TEST_CAUSE)


def _held(message: Claimed, verdict: Verdict) -> Ending:
    if verdict.answer == "wait":
        return Ending(
            message=message,
            state=QUEUED,
            reason=verdict.reason,
            wake_at=verdict.until,
            refund=1,
        )
    return Ending(message=message, state=SKIPPED, reason=verdict.reason)


def _decisions(messages: Sequence[Claimed], verdicts: Sequence[Verdict], now: datetime) -> None:
    encode = msgspec.json.Encoder().encode
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["decisions"],
            {
                "now": now,
                "contact": [message.contact_id for message in messages],
                "subject": [f"message:{message.message_id}" for message in messages],
                "outcome": [verdict.answer for verdict in verdicts],
                "reason": [verdict.reason for verdict in verdicts],
                "facts": [encode(verdict.facts).decode() for verdict in verdicts],
            },
        )


def _render(
    letters: Sequence[Letter], now: datetime
) -> tuple[list[tuple[Letter, Parcel]], list[Ending]]:
    ready: list[tuple[Letter, Parcel]] = []
    failed: list[Ending] = []
    for letter in letters:
        try:
            parcel = render.email(letter.message, letter.person, letter.address, now)
        except Exception as error:  # noqa: BLE001 # one bad message must not stop the others
            if not isinstance(error, render.RenderError):
                _log.exception("cannot render", message_id=letter.message.message_id)
            outcome = Outcome(kind="permanent", reason="render_error", detail=str(error))
            failed.append(record.ending(letter.message, outcome, now))
        else:
            ready.append((letter, parcel))
    return ready, failed


def _transmit(kind: str, parcels: Sequence[Parcel]) -> list[Outcome]:
    if settings.TRELLIS_SANDBOX:
        return [Outcome(kind="sent", reason="", detail="trap")] * len(parcels)
    deadline = clock.wall() + SPELL
    try:
        return _transport(kind).hand_over(parcels, deadline)
    except InvalidInput as error:
        broken = Outcome(kind="configuration", reason="bad_setting", detail=error.message)
        return [broken] * len(parcels)


def _record(
    kind: str,
    endings: Sequence[Ending],
    outcomes: Sequence[Outcome],
    bad: Sequence[tuple[str, str, str]],
    now: datetime,
) -> None:
    with transaction.atomic():
        record.settle(endings, now)
        record.suppress(bad, now)
        broken = next((item for item in outcomes if item.kind == "configuration"), None)
        away = next((item for item in outcomes if item.reason == "unreachable"), None)
        if broken:
            alarms.pause(kind, "system", broken.reason, broken.detail)
            _log.warning("channel paused", channel=kind, reason=broken.reason)
        elif outcomes:
            alarms.note_reach(kind, (away.reason, away.detail) if away else None)


def _patiently(act: Callable[[], T]) -> T:
    """Do ``act``, again and again while the database is away or locks collide: what went
    over the wire must not be forgotten lightly."""
    for pause in PATIENCE:
        try:
            return act()
        except OperationalError as error:
            _log.warning("could not record, trying again", error=str(error))
            connection.close()
            time.sleep(pause)
    return act()
