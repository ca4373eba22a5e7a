"""Working the inbox: claim a batch, run it through the stages, all in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import structlog
from django.db import DatabaseError, InterfaceError, transaction

from trellis.core import clock, counters, db, locks, sql
from trellis.core.days import day_of
from trellis.events import rejected, types
from trellis.events.types import Fact
from trellis.people.resolve import Race
from trellis.pipeline.stages import STAGES, Batch

TRIES = 6
"""How often a batch that met another worker is begun anew."""
AGAIN = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATEs after which the same batch may succeed: serialisation, deadlock, lock time-out."""
LOST = (DatabaseError, InterfaceError)
"""What a database that goes away raises."""

_SQL = sql.load("trellis.events", "inbox")
_log = structlog.get_logger(__name__)


class _Share:
    """How many facts an inbox row held lately, so that a claim locks few rows too many."""

    facts_per_row = 1.0


class Claimed(NamedTuple):
    """What a claim took: facts, and rows that could not be read."""

    facts: list[Fact]
    unreadable: list[tuple[datetime, bytes, str]]


def run_batch(limit: int = 2_000) -> int:
    """Claim up to about ``limit`` facts and decide them; returns how many were taken.

    The batch either happened or did not. Where a fact cannot be processed, the batch is
    halved until it stands alone; it is kept in ``rejected`` and the others go on. Raises
    only where nothing can be processed, or the database is away.
    """
    careful = False
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _advance(limit, careful)
        except Exception as error:
            if isinstance(error, LOST) and _away(error):
                raise
            if attempt == TRIES - 1:
                raise
            if _worth_again(error):
                time.sleep(random.random() * 0.02 * (attempt + 1))
            elif careful:
                raise
            else:
                _log.warning("batch failed, isolating", error=repr(error)[:500])
                careful = True
    raise AssertionError("the loop returns or raises")


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of a database error; empty where there is none."""
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def _away(error: BaseException) -> bool:
    """Whether the database, rather than the batch, is the trouble."""
    state = sqlstate(error)
    return not state or state[:2] in ("08", "53", "57", "58")


def _worth_again(error: BaseException) -> bool:
    return isinstance(error, Race) or sqlstate(error) in AGAIN


def _advance(limit: int, careful: bool) -> int:
    epoch = locks.share_definitions()
    claimed = _claim(limit)
    _keep_unreadable(claimed.unreadable)
    facts = claimed.facts
    if facts:
        if careful:
            if not _isolate(facts, epoch) and len(facts) > 1:
                raise Stuck(f"none of {len(facts)} facts can be processed")
        else:
            _process(facts, epoch)
    return len(facts) + len(claimed.unreadable)


class Stuck(RuntimeError):
    """No fact of a batch can be processed: not the facts, but something all need is broken."""


def _claim(limit: int) -> Claimed:
    rows = max(8, int(limit / _Share.facts_per_row))
    taken = db.fetch(_SQL["claim"], {"rows": rows, "facts": limit})
    taken.sort(key=lambda row: int(row[0]))
    claimed = Claimed([], [])
    for _, _, received_at, data in taken:
        body = bytes(data)
        try:
            claimed.facts.extend(types.decoder.decode(body))
        except msgspec.MsgspecError as error:
            claimed.unreadable.append((received_at, body, str(error)))
    if taken:
        _Share.facts_per_row = max(1.0, sum(int(row[1]) for row in taken) / len(taken))
    return claimed


def _process(facts: Sequence[Fact], epoch: int) -> None:
    now = clock.now()
    batch = Batch(facts=facts, epoch=epoch, now=now, today=day_of(now))
    with counters.together():
        for stage in STAGES:
            stage(batch)
        counters.add(batch.counts)


def _isolate(facts: Sequence[Fact], epoch: int) -> int:
    """Process what can be processed and keep the rest as rejected; returns how many could."""
    try:
        with transaction.atomic():
            _process(facts, epoch)
        return len(facts)
    except Exception as error:
        if _worth_again(error) or (isinstance(error, LOST) and _away(error)):
            raise
        if len(facts) == 1:
            _keep_poison(facts[0], error)
            return 0
    half = len(facts) // 2
    return _isolate(facts[:half], epoch) + _isolate(facts[half:], epoch)


def _keep_poison(fact: Fact, error: Exception) -> None:
    item = rejected.Item(
        at=clock.now().timestamp(),
        reason="processing",
        detail=repr(error)[:500],
        origin=rejected.PIPELINE,
        call=fact.type,
        sent="",
        key_id=fact.key_id,
        body=types.encoder.encode([fact]),
    )
    rejected.keep([item])


def _keep_unreadable(rows: Sequence[tuple[datetime, bytes, str]]) -> None:
    rejected.keep(
        [
            rejected.Item(
                at=received_at.timestamp(),
                reason="unreadable",
                detail=why[:500],
                origin=rejected.PIPELINE,
                call="",
                sent="",
                key_id=None,
                body=body,
            )
            for received_at, body, why in rows
        ]
    )
