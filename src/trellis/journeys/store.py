"""Reading runs and what steps need beside them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from trellis.core import db, sql
from trellis.core.ids import SLOTS
from trellis.journeys.types import Run

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SQL = sql.load(__package__ or "", "enrolment")


def hold_due(slots: Sequence[int], now: datetime, limit: int) -> list[int]:
    """Hold the contacts of about ``limit`` runs of ``slots`` that are due; returns them.

    Starts at a random slot, so that no slot starves behind a long queue of others.
    """
    order = sorted(slots)
    cut = random.randrange(len(order)) if order else 0
    found: list[int] = []
    for part in (order[cut:], order[:cut]):
        if part and len(found) < limit:
            rows = db.fetch(SQL["hold_due"], [part, now, limit - len(found)])
            found += [row[0] for row in rows]
    return found


def hold(contact_ids: Iterable[int]) -> set[int]:
    """Hold these contacts until the transaction ends; returns those that exist."""
    rows = db.fetch(SQL["hold"], [sorted(set(contact_ids))])
    return {row[0] for row in rows}


def take_due(contact_ids: Sequence[int], now: datetime) -> list[tuple[Run, int]]:
    """The due runs of contacts that are held, with their ``live_key``."""
    rows = db.fetch(SQL["take_due"], [list(contact_ids), now])
    return [(_run(row), row[10]) for row in rows]


def open_of(contact_ids: Sequence[int], journey_ids: Sequence[int]) -> list[Run]:
    """The open runs of these contacts in these journeys; the caller holds the contacts."""
    rows = db.fetch(SQL["open_of"], [list(contact_ids), list(journey_ids)])
    return [_run(row) for row in rows]


def _run(row: tuple[Any, ...]) -> Run:
    return Run(
        contact_id=row[0],
        enrolment_id=row[1],
        journey_id=row[2],
        version_id=row[3],
        step=row[4],
        parked=row[5] == "waiting",
        since=_EPOCH + timedelta(microseconds=row[6]),
        hops=row[7],
        visits=json.loads(row[8]) if row[8] != "{}" else {},
        told=row[9],
    )


def history(
    contact_ids: Sequence[int], journey_ids: Sequence[int]
) -> dict[tuple[int, int], tuple[bool, datetime | None]]:
    """For each (contact, journey) that ever met: whether it is open, and its last end."""
    rows = db.fetch(SQL["history"], [list(contact_ids), list(journey_ids)])
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def new_ids(n: int) -> list[int]:
    """Numbers for ``n`` new runs."""
    return [row[0] for row in db.fetch(SQL["new_ids"], [n])]


def own(runs: Sequence[Run]) -> None:
    """Give runs the open place of their contact in their journey."""
    db.run(
        SQL["own"],
        [[r.contact_id for r in runs], [r.enrolment_id for r in runs]],
    )


def events_of(runs: Sequence[Run]) -> dict[int, Any]:
    """The properties of the event that brought each run in, by enrolment id; runs that no
    event brought in are left out."""
    told = [run for run in runs if run.told]
    found = {run.enrolment_id: run.entry["props"] for run in told if run.entry is not None}
    stored = [run for run in told if run.entry is None]
    if stored:
        contact_ids = [run.contact_id for run in stored]
        rows = db.fetch(SQL["events"], [contact_ids, [r.enrolment_id for r in stored]])
        found |= {row[0]: json.loads(row[1]) for row in rows}
    return found


def zones_of(contact_ids: Sequence[int]) -> dict[int, ZoneInfo]:
    """The time zone of each contact; the instance's where it has none that is known."""
    home = ZoneInfo(settings.TIME_ZONE)
    found = dict.fromkeys(contact_ids, home)
    for contact_id, name in db.fetch(SQL["zones"], [list(contact_ids)]):
        found[contact_id] = _zone(name) or home
    return found


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a contact's zone is whatever a device said
        return None


def any_slot() -> int:
    """A slot for counters: spreads writers, so that they rarely wait for each other."""
    return random.randrange(SLOTS)
