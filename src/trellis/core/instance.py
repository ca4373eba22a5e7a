"""Reading and writing the instance row: the sandbox clock and the fence."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from django.conf import settings

from trellis.core import clock
from trellis.core.errors import Forbidden
from trellis.core.models import Instance

_read_at = 0.0


def refresh_clock(*, force: bool = False) -> None:
    """Read the sandbox offset again where it may have moved (at most once a second)."""
    global _read_at
    if not settings.TRELLIS_SANDBOX:
        return
    tick = time.monotonic()
    if not force and tick - _read_at < 1.0:
        return
    seconds = Instance.objects.filter(id=1).values_list("clock_offset", flat=True).first()
    clock.set_offset(timedelta(seconds=seconds or 0))
    _read_at = tick


def require_sandbox() -> None:
    """Raise ``Forbidden`` where real time is all there is."""
    if not settings.TRELLIS_SANDBOX:
        raise Forbidden("The clock moves in a sandbox only. Start with TRELLIS_SANDBOX=1.")


def move_clock(by: timedelta) -> None:
    """Advance the sandbox clock by ``by`` for all processes.

    Only moves the time; ``pipeline.clockwork.advance`` also runs what falls due.
    Raises ``Forbidden`` outside a sandbox.
    """
    require_sandbox()
    refresh_clock(force=True)
    target = clock.offset() + by
    Instance.objects.filter(id=1).update(clock_offset=int(target.total_seconds()))
    clock.set_offset(target)


def renew_fence() -> None:
    """Give this copy of the data an identity of its own, after a restore."""
    Instance.objects.filter(id=1).update(fence=str(uuid.uuid4()))
