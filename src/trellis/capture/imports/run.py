"""Reading an import, a chunk at a time. Killed at any instant, it goes on where it was.

A chunk is one transaction: its rows enter the inbox, its faults are kept, and the offset
moves. The message id of a row is made of import and row number, so that even a file read
twice is counted once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import BinaryIO

from django.db import transaction

from trellis.capture.imports.facts import Plan
from trellis.capture.imports.reader import Reader
from trellis.capture.imports.types import Bad, Row, options_of
from trellis.capture.models import Import, ImportFault
from trellis.core import clock, counters, db
from trellis.events import inbox
from trellis.events.types import Fact

log = logging.getLogger(__name__)

CHUNK = 2_000
BACKLOG = 20_000
"""Facts in the inbox above which the import waits, so that live events are not kept
waiting behind it."""
PATIENCE = 2.0
"""Seconds without progress of the inbox after which the import goes on anyway."""


def run(import_id: int, *, paced: bool = True) -> Import:
    """Read an import to its end, or until it is cancelled; returns it.

    ``paced`` lets the pipeline keep up. A file that cannot be opened ends as failed.
    """
    source = Import.objects.get(pk=import_id)
    try:
        with source.file.open("rb") as file:
            while _step(import_id, file):
                if paced:
                    _wait_for_the_pipeline()
    except OSError as error:
        _fail(import_id, f"The file cannot be read: {error.strerror}.")
    source.refresh_from_db()
    return source


def _step(import_id: int, file: BinaryIO) -> bool:
    """One chunk; false when there is nothing more to do."""
    with transaction.atomic():
        source = Import.objects.select_for_update().get(pk=import_id)
        if source.state != "running" or source.started_at is None:
            return False
        options = options_of(source.options)
        reader = Reader(file, options.layout, source.offset, source.rows_read)
        rows = reader.take(CHUNK)
        plan = Plan(source.pk, source.mapping, options, source.started_at, source.name)
        facts, faults = _sort(source, rows, plan)
        inbox.put(facts)
        ImportFault.objects.bulk_create(faults)
        _count(facts, faults)
        source.offset = reader.offset
        source.rows_read = reader.number
        source.rows_accepted += len(facts)
        source.rows_rejected += len(faults)
        source.rows_total = max(source.rows_total, source.rows_read)
        if len(rows) < CHUNK:
            source.state, source.finished_at = "done", clock.now()
            source.rows_total = source.rows_read
        source.save()
    return source.state == "running"


def _sort(
    source: Import, rows: Sequence[Row], plan: Plan
) -> tuple[list[Fact], list[ImportFault]]:
    facts: list[Fact] = []
    faults: list[ImportFault] = []
    for row in rows:
        try:
            facts.append(plan.fact(row))
        except Bad as bad:
            faults.append(
                ImportFault(
                    source=source,
                    row=row.number,
                    reason=bad.fault.value,
                    detail=bad.detail,
                    cells=row.cells,
                )
            )
    return facts, faults


def _count(facts: Sequence[Fact], faults: Sequence[ImportFault]) -> None:
    counts = {("accepted", "import"): len(facts)}
    for fault in faults:
        key = ("rejected", f"import_{fault.reason}")
        counts[key] = counts.get(key, 0) + 1
    counters.add(counts)


def _fail(import_id: int, why: str) -> None:
    log.error("import %s failed: %s", import_id, why)
    Import.objects.filter(pk=import_id, state="running").update(
        state="failed", why=why, finished_at=clock.now()
    )


def _wait_for_the_pipeline() -> None:
    least, since = _backlog(), time.monotonic()
    while least > BACKLOG and time.monotonic() - since < PATIENCE:
        time.sleep(0.1)
        now = _backlog()
        if now < least:
            least, since = now, time.monotonic()


def _backlog() -> int:
    return int(db.fetch("SELECT coalesce(sum(i.n), 0) FROM inbox AS i", [])[0][0])
