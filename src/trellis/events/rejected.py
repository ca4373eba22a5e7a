"""What was not accepted: kept, counted by reason, shown, and given back for a replay.

An entrance hands over what it refused; ``tracking.replay`` reads it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from django.db import models

from trellis.core import counters
from trellis.events.models import Rejected

MAX_BODY = 64 * 1024
"""Bytes kept of one refused item; the rest is cut off."""

PIPELINE = "pipeline"
"""The origin of facts that were accepted but could not be processed; their body is a JSON
array of ``events.types.Fact``."""


class Item(msgspec.Struct, frozen=True, array_like=True):
    """A refused item. ``at``: UTC seconds of receipt; the rest as in ``models.Rejected``."""

    at: float
    reason: str
    detail: str
    origin: str
    call: str
    sent: str
    key_id: int | None
    body: bytes


def keep(items: Sequence[Item], *, counted: bool = False) -> None:
    """Store refused items in the caller's transaction, and count them by reason unless the
    caller did (``counted``)."""
    if not items:
        return
    Rejected.objects.bulk_create(
        [
            Rejected(
                at=datetime.fromtimestamp(item.at, UTC),
                reason=item.reason,
                detail=item.detail.replace("\x00", ""),
                origin=item.origin[:40],
                call=item.call,
                sent=item.sent[:40].replace("\x00", ""),
                key_id=item.key_id,
                body=item.body[:MAX_BODY],
            )
            for item in items
        ],
        batch_size=1_000,
    )
    if not counted:
        counters.add(tally(items))


def tally(items: Sequence[Item]) -> dict[tuple[str, str], int]:
    """The counters of refused items: ``{("rejected", reason): n}``."""
    found: dict[tuple[str, str], int] = {}
    for item in items:
        key = ("rejected", item.reason)
        found[key] = found.get(key, 0) + 1
    return found


def page(*, reason: str = "", before: int | None = None, limit: int = 50) -> list[Rejected]:
    """The newest refused items, at most ``limit``, with ids below ``before``."""
    rows = Rejected.objects.order_by("-id")
    if reason:
        rows = rows.filter(reason=reason)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def counts(since: datetime) -> dict[str, int]:
    """How many items kept since then wait for somebody to look, by reason."""
    rows = (
        Rejected.objects.filter(at__gte=since, replayed_at__isnull=True)
        .values_list("reason")
        .annotate(n=models.Count("id"))
    )
    return dict(rows.order_by("-n"))


def lock(ids: Sequence[int]) -> list[Rejected]:
    """The refused items of ``ids`` that were not replayed yet, held until the transaction
    ends."""
    rows = Rejected.objects.filter(id__in=ids, replayed_at__isnull=True)
    return list(rows.select_for_update().order_by("id"))


def mark_replayed(ids: Sequence[int], now: datetime) -> None:
    """Note that the items were accepted in a replay."""
    Rejected.objects.filter(id__in=ids).update(replayed_at=now)


def prune(before: datetime) -> int:
    """Delete what was received before then; returns how many items."""
    return Rejected.objects.filter(at__lt=before).delete()[0]
