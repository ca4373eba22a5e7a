"""What comes back: opens, clicks, deliveries and bounces move the state of messages.

``apply`` reads facts as they were logged, so it can be run again over the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from trellis.core import clock
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.events.types import SYSTEM, Fact, Logged
from trellis.messaging import dsn, policy, record
from trellis.messaging.dsn import Bounce
from trellis.messaging.humans import BURST, BURST_SECONDS, HUMAN

_SQL = load("trellis.messaging", "feedback")

EVENTS = frozenset(
    {
        names.MESSAGE_OPENED,
        names.MESSAGE_CLICKED,
        names.MESSAGE_DELIVERED,
        names.MESSAGE_BOUNCED,
        names.UNSUBSCRIBED,
    }
)
"""The facts that tell something about a message."""

SUPPRESSED_BY = {"hard": "hard_bounce", "complaint": "complaint"}
"""Bounce type → why the address is not written to any more."""

parse_dsn = dsn.parse


@dataclass(kw_only=True)
class _News:
    opened: datetime | None = None
    clicked: datetime | None = None
    delivered: bool = False
    burst: datetime | None = None
    bounce: str = ""
    detail: str = ""


def apply(events: Sequence[Logged]) -> None:
    """Bring messages up to date with facts just logged, in the caller's transaction.

    Only hits that are probably a person's count as opened or clicked; a burst takes back
    the first hits of itself, which looked like a person's. Any answer proves that a message
    of unknown fate went out.
    """
    news: dict[tuple[int, int], _News] = {}
    for event in events:
        number = event.props.get("message_id")
        if event.type != SYSTEM or event.name not in EVENTS or not isinstance(number, int):
            continue
        _note(news.setdefault((event.contact_id, number), _News()), event)
    if not news:
        return
    keys = sorted(news)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["apply"],
            {
                "contact": [key[0] for key in keys],
                "message": [key[1] for key in keys],
                "opened": [news[key].opened for key in keys],
                "clicked": [news[key].clicked for key in keys],
                "delivered": [news[key].delivered for key in keys],
                "bounce": [news[key].bounce for key in keys],
                "detail": [news[key].detail for key in keys],
            },
        )
        bounced = [row for row in cursor.fetchall() if row[3]]
    _take_back({key: item.burst for key, item in news.items() if item.burst})
    _suppress(bounced)


def bounced(bounce: Bounce) -> Fact:
    """The fact that states a bounce; stating it again changes nothing."""
    return inbox.system_fact(
        bounce.contact_id,
        names.MESSAGE_BOUNCED,
        {
            "message_id": bounce.message_id,
            "channel": "email",
            "type": bounce.type,
            "code": bounce.code,
            "detail": bounce.detail,
        },
        message_id=f"msg-bounced-{bounce.message_id}-{bounce.type}",
    )


def _note(item: _News, event: Logged) -> None:
    probability = event.props.get("human", 1.0)
    human = not isinstance(probability, int | float) or probability >= HUMAN
    if event.name == names.MESSAGE_CLICKED and human:
        item.clicked = min(item.clicked or event.at, event.at)
    elif event.name == names.MESSAGE_OPENED and human:
        item.opened = min(item.opened or event.at, event.at)
    elif event.props.get("why") == BURST:
        item.burst = min(item.burst or event.at, event.at)
    elif event.name == names.MESSAGE_DELIVERED:
        item.delivered = True
    elif event.name == names.MESSAGE_BOUNCED:
        item.bounce = str(event.props.get("type", "soft"))
        item.detail = f"{event.props.get('code', '')} {event.props.get('detail', '')}".strip()


def _take_back(bursts: Mapping[tuple[int, int], datetime]) -> None:
    """Forget opens and clicks that belong to a scanner's burst."""
    if not bursts:
        return
    around = timedelta(seconds=BURST_SECONDS)
    keys = sorted(bursts)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["take_back"],
            {
                "contact": [key[0] for key in keys],
                "message": [key[1] for key in keys],
                "begin": [bursts[key] - around for key in keys],
                "end": [bursts[key] + around for key in keys],
            },
        )


def _suppress(rows: Sequence[tuple[int, int, str, str]]) -> None:
    """Suppress the addresses of hard bounces and complaints, and those whose soft bounces
    reached the policy's number without an answer in between. Rows: (contact, message,
    address, bounce type)."""
    now = clock.now()
    values = [
        (address, SUPPRESSED_BY[kind], f"message {message}")
        for _, message, address, kind in rows
        if kind in SUPPRESSED_BY
    ]
    soft = {contact: address for contact, _, address, kind in rows if kind == "soft"}
    limit = policy.load().soft_bounces if soft else 0
    if soft and limit:
        with connection.cursor() as cursor:
            cursor.execute(
                _SQL["soft_bounces"],
                {"contacts": sorted(soft), "addresses": list(soft.values())},
            )
            values += [
                (soft[contact], "soft_bounces", f"{n} in a row")
                for contact, n in cursor.fetchall()
                if n >= limit
            ]
    record.suppress(values, now)
