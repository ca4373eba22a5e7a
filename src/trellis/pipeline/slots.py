"""Leases on timer slots, so that workers share timers and none is taken twice.

A contact's timers lie in slot ``contact_id % 64``. A worker leases its fair share of the
slots of a queue for a short time; what a dead worker held is taken over when it runs out.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta

from django.db import transaction

from trellis.core import clock, db, machine, sql
from trellis.core.ids import SLOTS

TTL = timedelta(seconds=30)
"""How long a lease lasts; a holder prolongs it each round."""
ALIVE = timedelta(seconds=15)
"""A worker that reported within this time counts as alive."""

_SQL = sql.load(__package__, "slots")


def lease(queue: str, holder: str) -> list[int]:
    """Lease ``holder``'s share of the slots of ``queue`` for ``TTL``; returns all it holds.

    Commits on its own. With n live workers each gets about 64 / n slots.
    """
    now = clock.wall()
    args = {
        "queue": queue,
        "holder": holder,
        "now": now,
        "alive": now - ALIVE,
        "until": now + TTL,
    }
    with transaction.atomic():
        holders = int(db.fetch(_SQL["holders"], args)[0][0])
        rows = db.fetch(_SQL["lease"], {**args, "share": -(-SLOTS // holders)})
        slots = sorted(int(slot) for (slot,) in rows)
        db.run(_SQL["give_back"], {**args, "kept": slots})
    return slots


def new_holder() -> str:
    """A name for this process among those that hold slots: machine, process, chance."""
    return f"{_host()}{os.getpid()}-{os.urandom(2).hex()}"


def bury() -> None:
    """Free what processes of this machine held that were killed, rather than waiting until
    it runs out. A mistake would do no harm: whoever claims a timer looks at it again."""
    host = _host()
    for (holder,) in db.fetch(_SQL["holders_here"], {"host": host}):
        number = holder.removeprefix(host).split("-")[0]
        if number.isdigit() and (int(number) == os.getpid() or not machine.alive(int(number))):
            release(holder)
            db.run(_SQL["forget"], {"holder": holder})


def release(holder: str) -> None:
    """Free all slots of ``holder`` at once; called when it stops in order."""
    db.run(_SQL["release"], {"holder": holder, "now": clock.wall()})


def _host() -> str:
    return f"{socket.gethostname()[:40]}-"
