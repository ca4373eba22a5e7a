"""Reading refused items again, after what was wrong has been mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from django.db import transaction

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock, counters
from trellis.events import inbox, rejected, types
from trellis.events.models import Rejected
from trellis.tracking.options import Options
from trellis.tracking.parse import parse_items
from trellis.tracking.types import Arrival, Parsed

_KEPT = Options(bots="mark")
"""Somebody looked at it and wants it; a robot is kept with its mark."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How many items of a replay were accepted, and how many were refused again."""

    accepted: int
    refused: int


def replay(actor: Actor, ids: Sequence[int]) -> Replayed:
    """Parse kept items again; accepted ones enter the inbox with the time of their receipt.

    An item refused again stays as it is, with its newest reason. Needs ``events.write``.
    """
    require(actor, "events.write")
    with transaction.atomic():
        done: list[int] = []
        rows = rejected.lock(ids)
        for row in rows:
            parsed = _parse(row)
            if parsed.facts:
                inbox.put(parsed.facts)
                done.append(row.pk)
            elif parsed.refused and parsed.refused[0].reason != row.reason:
                Rejected.objects.filter(pk=row.pk).update(reason=parsed.refused[0].reason)
        rejected.mark_replayed(done, clock.now())
        counters.add({("accepted", "replay"): len(done)})
        result = Replayed(accepted=len(done), refused=len(rows) - len(done))
        summary = f"replayed {result.accepted}, refused again {result.refused}"
        audit.record(
            actor, "rejected.replay", "rejected", "", summary, {"ids": list(ids)[:100]}
        )
    return result


def _parse(row: Rejected) -> Parsed:
    if row.origin == rejected.PIPELINE:
        return _facts(row)
    arrival = Arrival(
        received=row.at.timestamp(),
        call=row.call,
        key_id=row.key_id,
        origin=row.origin,
        options=_KEPT,
    )
    return parse_items([bytes(row.body)], arrival, row.sent or None)


def _facts(row: Rejected) -> Parsed:
    """What the pipeline could not process was parsed already."""
    try:
        return Parsed(facts=types.decoder.decode(bytes(row.body)), refused=[], notes=[])
    except msgspec.MsgspecError:
        return Parsed(facts=[], refused=[], notes=[])
