"""Asking to send: rows in the outbox, unique by contact and cause.

Whoever wants to speak to contacts calls ``request``; nothing here touches the wire. The
row stands before anything is sent, so a crash or a repeated batch cannot send twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from trellis.core import db
from trellis.core.ids import SLOTS
from trellis.core.sql import load
from trellis.messaging import policy
from trellis.messaging.types import MARKETING, SendRequest

_SQL = load("trellis.messaging", "outbox")
_json = msgspec.json.Encoder()


def request(requests: Sequence[SendRequest], now: datetime) -> int:
    """Insert what is not there yet, in the caller's transaction; how many were new.

    A request whose contact and cause stand already is ignored, whatever became of it.
    """
    if not requests:
        return 0
    expiry = policy.load().expiry
    ordered = sorted(requests, key=lambda item: (item.contact_id, item.cause))
    return db.run(
        _SQL["request"],
        {
            "now": now,
            "contact": [item.contact_id for item in ordered],
            "slot": [item.contact_id % SLOTS for item in ordered],
            "cause": [item.cause for item in ordered],
            "channel": [item.channel for item in ordered],
            "purpose": [item.purpose for item in ordered],
            "version": [item.template_version_id for item in ordered],
            "journey": [item.journey_id for item in ordered],
            "wake": [item.wake_at for item in ordered],
            "expires": [
                item.wake_at + expiry
                if item.expires_at is None and item.purpose == MARKETING
                else item.expires_at
                for item in ordered
            ],
            "params": [_json.encode(item.params).decode() for item in ordered],
        },
    )
