"""Snapshots: a rule frozen at a moment, and taken again only on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from trellis.core import clock
from trellis.events import inbox, names
from trellis.rules import registry
from trellis.rules.parse import parse
from trellis.rules.types import RuleError
from trellis.segments import growth, history, membership
from trellis.segments.difference import differing
from trellis.segments.history import SNAPSHOT, Move
from trellis.segments.models import Segment

CHUNK = 5_000


def take(segment_id: int, actor: str) -> None:
    """Put everybody for whom the rule holds now into a snapshot, and nobody else.

    All is read in one statement, so that it is one moment, and written in one transaction.
    The first taking is silent; a later one tells who came and went. A rule that cannot be
    read any more leaves the snapshot as it is, marked broken.
    """
    segment = Segment.objects.filter(pk=segment_id, archived_at=None, kind="snapshot").first()
    if segment is None or segment.status != "building":
        return
    fields = registry.snapshot()
    try:
        rule = parse(segment.rule, fields)
    except RuleError as error:
        Segment.objects.filter(pk=segment_id).update(status="broken", why=str(error))
        return
    with transaction.atomic():
        now = clock.now()
        enter, leave = differing(segment_id, rule, now, fields)
        loud = segment.taken_at is not None
        for entering, ids in ((True, enter), (False, leave)):
            for start in range(0, len(ids), CHUNK):
                _move(segment, ids[start : start + CHUNK], entering, loud, actor)
        Segment.objects.filter(pk=segment_id).update(
            status="live", why="", progress=100, built_at=now, taken_at=now
        )
        membership.settle(segment_id)
        growth.write(segment_id)


def _move(segment: Segment, ids: Sequence[int], entering: bool, loud: bool, actor: str) -> None:
    now = clock.now()
    pairs = [(number, segment.pk) for number in ids]
    if entering:
        membership.enter(pairs, now)
    else:
        membership.leave(pairs)
    if not loud:
        return
    version = segment.version
    history.record(
        [
            Move(id_, segment.pk, entering, SNAPSHOT, version, actor=actor)
            for id_, _segment in pairs
        ],
        now,
    )
    event = names.SEGMENT_ENTERED if entering else names.SEGMENT_LEFT
    told = {"segment_id": segment.pk, "segment": segment.key, "why": SNAPSHOT}
    inbox.put([inbox.system_fact(id_, event, told, at=now.timestamp()) for id_ in ids])
