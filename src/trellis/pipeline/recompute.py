"""Deriving everybody again: after a change of definitions, in chunks of contacts.

Each chunk is one transaction that keeps batches out, so none interleaves with it. A run
may be interrupted anywhere and started again: it only ever writes differences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from django.db import connection, transaction

from trellis.core import clock, db
from trellis.core.locks import changing_definitions, hold_definitions
from trellis.core.sql import load
from trellis.events import inbox, signals
from trellis.pipeline import definitions
from trellis.pipeline.definitions import Definitions
from trellis.pipeline.derivation import Derivation, Plan, for_range, only_segments, scores
from trellis.pipeline.derive import record
from trellis.rules import counted, registry
from trellis.rules.parse import parse
from trellis.rules.registry import Field
from trellis.rules.types import RuleError
from trellis.scoring import companies
from trellis.scoring.models import ScoreModel
from trellis.segments import growth, membership
from trellis.segments.models import Segment

FIRST, LARGEST = 20_000, 200_000
"""Contacts of the first chunk, and of the largest."""

PAUSE = 0.7
"""Seconds that a chunk may keep batches waiting, about; chunks grow and shrink by it."""

_SQL = load("trellis.pipeline", "recompute")

MakePlan = Callable[[Definitions], Plan]
Report = Callable[[int], bool]
"""Told how many per cent are done; answers whether to go on."""


def build_segment(segment_id: int) -> None:
    """Bring the membership of one dynamic segment up to date and make it live.

    Signals that it reads are filled first. A segment that is broken, or whose building
    somebody stops, stays as it is.
    """
    segment = Segment.objects.filter(pk=segment_id, archived_at__isnull=True).first()
    if segment is None or segment.kind != "dynamic" or segment.status == "stopped":
        return
    _fill(_read_by(segment))

    def plan(known: Definitions) -> Plan:
        return only_segments(known, _with_unbuilt(known, segment_id))

    def report(percent: int) -> bool:
        building = Segment.objects.filter(pk=segment_id).exclude(status="stopped")
        return bool(building.update(progress=percent))

    if not _run(plan, report):
        return
    with changing_definitions():
        if segment_id not in definitions.current().segments:
            return
        Segment.objects.filter(pk=segment_id).update(
            status="live", why="", progress=100, built_at=clock.now()
        )
        membership.settle(segment_id)
        growth.write(segment_id)


def recompute() -> None:
    """Bring scores, stages and what depends on them up to date for everybody, with the
    progress shown on the score models. Signals that are still counting the past are filled
    first. Stops between two chunks where somebody asked for it; whoever was scored by then
    stays so."""
    _fill(registry.snapshot())
    rows = ScoreModel.objects.filter(active=True)
    rows.update(progress=0)

    def report(percent: int) -> bool:
        return bool(rows.filter(stopped=False).update(progress=percent))

    if _run(scores, report):
        rows.update(progress=100, computed_at=clock.now())
    companies.refresh_all(clock.now())


def _run(make: MakePlan, report: Report) -> bool:
    """Derive everybody, chunk by chunk; false where it was stopped."""
    compiled: tuple[Definitions, Derivation] | None = None
    low, size = 0, FIRST
    while True:
        started = time.monotonic()
        with transaction.atomic():
            hold_definitions()
            known = definitions.current()
            if compiled is None or compiled[0] is not known:
                compiled = (known, for_range(make(known)))
            ((high, last),) = db.fetch(_SQL["chunk"], {"low": low, "size": size})
            if high is None:
                return True
            _chunk(known, compiled[1], low, high)
            if not report(min(99, int(100 * high / last))):
                return False
        took = time.monotonic() - started
        low = high + 1
        size = max(1_000, min(LARGEST, int(size * PAUSE / max(took, 0.05))))


def _chunk(known: Definitions, derivation: Derivation, low: int, high: int) -> None:
    now = clock.now()
    moved = derivation.run(connection.connection, now, low=low, high=high)
    inbox.put(record(known, moved, now, {}, why="rule"))


def _read_by(segment: Segment) -> dict[str, Field]:
    """The fields that a segment reads; none where its rule is broken."""
    known = registry.snapshot()
    try:
        rule = parse(segment.rule, known)
    except RuleError:
        return {}
    return {field.key: field for field in counted.read_by(rule, known)}


def _fill(fields: Mapping[str, Field]) -> None:
    for key in sorted(fields):
        if fields[key].pending:
            signals.backfill(int(fields[key].ref))


def _with_unbuilt(known: Definitions, segment_id: int) -> set[int]:
    """A segment and those it reads, over any way, that are not built yet either."""
    specs = known.segments
    found: set[int] = set()
    ahead = [segment_id]
    while ahead:
        id_ = ahead.pop()
        if id_ in specs and id_ not in found:
            found.add(id_)
            ahead += [
                read for read in specs[id_].reads if read in specs and not specs[read].built
            ]
    return found
