"""Recording what became of messages: one set for a batch, with facts, trap and counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection

from trellis.core import counters
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.events.types import Fact
from trellis.messaging.models import TemplateVersion, TrapMail
from trellis.messaging.types import (
    FAILED,
    QUEUED,
    SENT,
    SKIPPED,
    TRANSACTIONAL,
    UNKNOWN,
    Claimed,
    Outcome,
    Parcel,
)

_SQL = load("trellis.messaging", "outbox")

BACK_OFF = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 720)
)
"""How long to wait after the first, second … transient failure; then it has failed."""

_FACT_NAMES = {
    SENT: names.MESSAGE_SENT,
    FAILED: names.MESSAGE_FAILED,
    SKIPPED: names.MESSAGE_SKIPPED,
}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The new state of a leased message. ``refund`` takes back a try that was none; None
    for ``address`` and ``subject`` keeps what stands. ``trapped`` is kept in the sandbox."""

    message: Claimed
    state: str
    reason: str = ""
    detail: str = ""
    wake_at: datetime | None = None
    refund: int = 0
    sent_at: datetime | None = None
    address: str | None = None
    subject: str | None = None
    trapped: Parcel | None = None
    contact_id: int = 0

    @property
    def owner(self) -> int:
        """The contact the message belongs to now: another one after a merge."""
        return self.contact_id or self.message.contact_id


def ending(message: Claimed, outcome: Outcome, now: datetime) -> Ending:
    """What an outcome means for the message (typed outcomes, design section 9). Pure."""
    base = Ending(message=message, state="", reason=outcome.reason, detail=outcome.detail)
    match outcome.kind:
        case "sent":
            return replace(base, state=SENT, sent_at=now)
        case "permanent":
            return replace(base, state=FAILED)
        case "configuration" | "untried":
            return replace(base, state=QUEUED, wake_at=now, refund=1)
        case "unknown" if message.purpose != TRANSACTIONAL:
            return replace(base, state=UNKNOWN, sent_at=now)
        case "unknown" | "transient":
            if message.tries > len(BACK_OFF):
                return replace(base, state=FAILED)
            return replace(base, state=QUEUED, wake_at=now + BACK_OFF[message.tries - 1])


def settle(endings: Sequence[Ending], now: datetime) -> None:
    """Write the endings and what follows from them, in the caller's transaction.

    What lost its lease meanwhile changes nothing. A contact merged away while its message
    was on the wire is followed to the survivor.
    """
    written = _write(endings)
    lost = [item for item in endings if item.message.message_id not in written]
    if lost:
        moved = _follow(lost)
        moved_written = _write(moved)
        written |= moved_written
        endings = [item for item in endings if item not in lost] + moved
    done = [item for item in endings if item.message.message_id in written]
    inbox.put([fact for item in done if (fact := _fact(item, now))])
    counters.add(Counter(("message." + item.state, item.reason) for item in done))
    TrapMail.objects.bulk_create(
        TrapMail(
            at=now,
            contact_id=item.owner,
            message_id=parcel.message_id,
            channel=item.message.channel,
            recipient=parcel.recipient,
            subject=parcel.subject,
            raw=parcel.raw,
        )
        for item in done
        if (parcel := item.trapped)
    )


def suppress(values: Sequence[tuple[str, str, str]], now: datetime) -> None:
    """Put (address, reason, note) on the suppression list; the first reason stays."""
    if not values:
        return
    rows = sorted(set(values))
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["suppress"],
            {
                "now": now,
                "value": [row[0] for row in rows],
                "reason": [row[1] for row in rows],
                "note": [row[2] for row in rows],
            },
        )


@lru_cache(maxsize=4096)
def template_key(version_id: int) -> str:
    """The key of the template of a version; versions never move."""
    found = TemplateVersion.objects.filter(id=version_id).values_list(
        "template__key", flat=True
    )
    return found.first() or ""


def _column(endings: Sequence[Ending], get: Callable[[Ending], Any]) -> list[Any]:
    return [get(item) for item in endings]


def _write(endings: Sequence[Ending]) -> set[int]:
    if not endings:
        return set()
    rows = sorted(endings, key=lambda item: (item.owner, item.message.message_id))
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["settle"],
            {
                "contact": _column(rows, lambda item: item.owner),
                "message": _column(rows, lambda item: item.message.message_id),
                "lease": _column(rows, lambda item: item.message.lease_until),
                "state": _column(rows, lambda item: item.state),
                "reason": _column(rows, lambda item: item.reason),
                "detail": _column(rows, lambda item: item.detail.replace("\x00", "")),
                "wake": _column(rows, lambda item: item.wake_at),
                "refund": _column(rows, lambda item: item.refund),
                "sent": _column(rows, lambda item: item.sent_at),
                "address": _column(rows, lambda item: item.address),
                "subject": _column(rows, lambda item: item.subject),
            },
        )
        return {row[0] for row in cursor.fetchall()}


def _follow(lost: Sequence[Ending]) -> list[Ending]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["survivors"], {"contacts": sorted({item.owner for item in lost})})
        survivors: dict[int, int] = dict(cursor.fetchall())
    return [
        replace(item, contact_id=survivors[item.owner])
        for item in lost
        if item.owner in survivors
    ]


def _fact(item: Ending, now: datetime) -> Fact | None:
    name = _FACT_NAMES.get(item.state)
    if name is None or item.message.cause.startswith("test:"):
        return None
    message = item.message
    props: dict[str, object] = {
        "message_id": message.message_id,
        "channel": message.channel,
        "template": template_key(message.template_version_id),
        "purpose": message.purpose,
    }
    if message.journey_id is not None:
        props["journey"] = message.journey_id
    if item.reason:
        props["reason"] = item.reason
    return inbox.system_fact(
        item.owner,
        name,
        props,
        at=now.timestamp(),
        message_id=f"msg-{item.state}-{message.message_id}",
        depth=1,
    )
