"""Making facts of a public page durable: in the inbox, or on disk while the database is away.

A visitor who clicks a link or unsubscribes is answered either way; the collector drains the
disk when the database is back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import Error, connection, transaction

from trellis.core import clock
from trellis.core.errors import Unavailable
from trellis.events import collect, inbox
from trellis.events.types import Fact
from trellis.tracking.spool import Spool

log = logging.getLogger(__name__)

_AWAY = 5.0
"""Seconds for which a database that did not answer is not asked again."""
_guard = threading.Lock()
_away_until = 0.0


def accept(facts: Sequence[Fact]) -> None:
    """Return when ``facts`` are durable; raises ``Unavailable`` where neither the database
    nor the disk takes them."""
    global _away_until
    if not facts:
        return
    if time.monotonic() >= _away_until:
        try:
            with transaction.atomic():
                inbox.put(facts)
        except Error as error:
            log.warning("links: the database is away, spooling: %s", error)
            connection.close()
            _away_until = time.monotonic() + _AWAY
        else:
            return
    _to_disk(facts)


def _to_disk(facts: Sequence[Fact]) -> None:
    group = collect.Group(
        received=clock.now().timestamp(),
        rows=collect.join(collect.encode(facts)),
        counts=[],
        refused=[],
    )
    with _guard:
        spool = Spool(settings.TRELLIS_DATA / "spool")
        try:
            spool.append([group])
        except OSError as error:
            raise Unavailable from error
        finally:
            spool.close()
