"""The state of channels: pausing, and noticing that the other side is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trellis.core import clock
from trellis.messaging.models import ChannelState


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something about a channel that an operator must see."""

    channel: str
    reason: str
    detail: str
    since: datetime
    paused: bool


def paused() -> list[str]:
    """The channels that may not send now."""
    return list(
        ChannelState.objects.filter(paused_at__isnull=False)
        .order_by("kind")
        .values_list("kind", flat=True)
    )


def alarms() -> list[Alarm]:
    """Paused and failing channels, for the health page."""
    return [
        Alarm(
            channel=state.kind,
            reason=state.reason,
            detail=state.detail,
            since=since,
            paused=state.paused_at is not None,
        )
        for state in ChannelState.objects.order_by("kind")
        if (since := state.paused_at or state.failing_since)
    ]


def pause(kind: str, by: str, reason: str, detail: str = "") -> None:
    """Stop a channel; its messages stay queued. The first reason stays until resumed."""
    values = {
        "paused_at": clock.wall(),
        "paused_by": by,
        "reason": reason,
        "detail": detail,
    }
    state, _ = ChannelState.objects.get_or_create(kind=kind)
    ChannelState.objects.filter(kind=state.kind, paused_at__isnull=True).update(**values)


def resume(kind: str) -> bool:
    """Let a channel send again and forget its troubles; whether it was stopped."""
    return (
        ChannelState.objects.filter(kind=kind, paused_at__isnull=False).update(
            paused_at=None, paused_by="", reason="", detail="", failing_since=None
        )
        > 0
    )


def note_reach(kind: str, trouble: tuple[str, str] | None) -> None:
    """Remember since when the other side cannot be reached (reason, detail), or that it can
    (None). Leaves a paused channel alone."""
    if trouble is None:
        ChannelState.objects.filter(
            kind=kind, paused_at__isnull=True, failing_since__isnull=False
        ).update(failing_since=None, reason="", detail="")
        return
    ChannelState.objects.get_or_create(kind=kind)
    ChannelState.objects.filter(
        kind=kind, paused_at__isnull=True, failing_since__isnull=True
    ).update(failing_since=clock.wall(), reason=trouble[0], detail=trouble[1])
