"""What can be done with segments: the only place where they change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.core.sql import load
from trellis.events.behaviour import read_draft, read_rule
from trellis.rules import registry, usage
from trellis.rules.types import Rule, to_json
from trellis.segments.compute import segments_read
from trellis.segments.difference import Difference, difference
from trellis.segments.models import Segment, SegmentRule

DYNAMIC = "dynamic"
STATIC = "static"
SNAPSHOT = "snapshot"
KINDS = (DYNAMIC, STATIC, SNAPSHOT)

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SQL = load("trellis.segments", "membership")


def compare(
    actor: Actor, segment_id: int, rule: Mapping[str, Any], now: datetime
) -> Difference:
    """Who would enter and leave a segment, had it this rule. Stores nothing. Raises
    ``RuleError``, and ``NotCounted`` for behaviour that no signal counts yet."""
    require(actor, "segments.read")
    get(segment_id)
    return difference(segment_id, read_draft(rule), now, registry.snapshot())


def create(
    actor: Actor,
    *,
    key: str,
    name: str,
    rule: Mapping[str, Any] | None = None,
    kind: str = DYNAMIC,
    description: str = "",
    folder: str = "",
) -> Segment:
    """Make a segment. A dynamic one is built in the background, with progress; its first
    members enter silently. A snapshot is filled once, in the background. A static one is a
    list kept by hand. Raises ``RuleError``, and ``Conflict`` where the key is taken."""
    require(actor, "segments.write")
    if kind not in KINDS:
        raise InvalidInput(_("A segment is dynamic, static or a snapshot."), kind=kind)
    if not _KEY.fullmatch(key):
        raise InvalidInput(_("A key has small letters, digits and hyphens."), key=key)
    parsed = None if kind == STATIC else read_rule(actor, rule or {})
    with changing_definitions():
        if Segment.objects.filter(key=key).exists():
            raise Conflict(_("There is a segment %(key)s already.") % {"key": key}, key=key)
        segment = Segment.objects.create(
            key=key,
            name=_name(name),
            description=description,
            folder=_folder(folder),
            kind=kind,
            rule={} if parsed is None else to_json(parsed),
            status="live" if kind == STATIC else "building",
            progress=100 if kind == STATIC else 0,
            changed_by=actor.label,
        )
        audit.record(actor, "segment.create", "segment", segment.pk, segment.name)
        if parsed is not None:
            _note_rule(segment, actor)
            _build(segment)
    return segment


def snapshot(actor: Actor, segment_id: int, *, key: str, name: str) -> Segment:
    """Freeze the rule of a segment as it stands, and those for whom it holds now."""
    source = get(segment_id)
    if source.kind == STATIC:
        raise InvalidInput(_("A list has no rule to freeze; copy it instead."))
    return create(
        actor,
        key=key,
        name=name,
        rule=source.rule,
        kind=SNAPSHOT,
        description=_("Snapshot of %(name)s.") % {"name": source.name},
        folder=source.folder,
    )


def update(
    actor: Actor,
    segment_id: int,
    now: datetime,
    *,
    name: str | None = None,
    description: str | None = None,
    folder: str | None = None,
    rule: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Segment:
    """Change a segment; a changed rule is built in the background, and who enters or leaves
    by it is told. A snapshot keeps its members until it is taken again.

    ``version`` is the one the change was made to (``accounts.versions``). Raises ``RuleError``, also for a rule that
    would read itself.
    """
    require(actor, "segments.write")
    get(segment_id)
    parsed = None if rule is None else read_rule(actor, rule)
    with changing_definitions():
        segment = get(segment_id)
        wanted: dict[str, Any] = {
            "name": None if name is None else _name(name),
            "description": description,
            "folder": None if folder is None else _folder(folder),
            "rule": None if parsed is None else to_json(parsed),
        }
        change = {
            field: [before, after]
            for field, after in wanted.items()
            if after is not None and after != (before := getattr(segment, field))
        }
        stands = {field: before for field, (before, _after) in change.items()}
        asked = {field: after for field, (_before, after) in change.items()}
        versions.check(segment.version, version, stands, asked, of=("segment", segment_id))
        if parsed is not None and "rule" in change:
            if segment.kind == STATIC:
                raise InvalidInput(_("A static segment has no rule."))
            _refuse_circle(segment, parsed)
        if change:
            _save(actor, segment, change, now)
    return segment


def _save(
    actor: Actor, segment: Segment, change: Mapping[str, list[Any]], now: datetime
) -> None:
    for field, (_before, after) in change.items():
        setattr(segment, field, after)
    segment.updated_at = now
    segment.version += 1
    segment.changed_by = actor.label
    rebuilt = "rule" in change and segment.kind == DYNAMIC
    if rebuilt:
        segment.status, segment.why, segment.progress = "building", "", 0
    segment.save()
    if segment.kind != STATIC:
        _note_rule(segment, actor)
    audit.record(actor, "segment.update", "segment", segment.pk, segment.name, dict(change))
    if rebuilt:
        _build(segment)


def archive(actor: Actor, segment_id: int, now: datetime, version: int | None = None) -> None:
    """Take a segment out of use; its members are forgotten, its history stays. Raises
    ``Conflict``, which names them, while other things read it."""
    require(actor, "segments.write")
    segment = get(segment_id)
    if users := usage.of_segment(segment.key):
        raise Conflict(
            _("The segment is used by %(user)s.")
            % {"user": f"{users[0].kind} {users[0].name}"},
            used_by=[f"{use.kind} {use.name}" for use in users],
        )
    with changing_definitions():
        versions.check(get(segment_id).version, version, {}, None, of=("segment", segment_id))
        Segment.objects.filter(pk=segment_id).update(archived_at=now, size=0)
        db.run(_SQL["forget"], {"segment": segment_id})
        audit.record(actor, "segment.archive", "segment", segment_id, segment.name)


def rebuild(actor: Actor, segment_id: int) -> None:
    """Build a dynamic segment again in the background, or take a snapshot again."""
    require(actor, "segments.write")
    segment = get(segment_id)
    if segment.kind == STATIC:
        raise InvalidInput(_("A static segment has no rule."))
    with changing_definitions():
        Segment.objects.filter(pk=segment_id).update(status="building", progress=0, why="")
        segment.changed_by = actor.label
        if segment.kind == SNAPSHOT:
            audit.record(actor, "segment.retake", "segment", segment.pk, segment.name)
        _build(segment)


def stop(actor: Actor, segment_id: int) -> None:
    """Stop the building of a segment. Who was looked at stays as decided; then membership
    is frozen, and what reads it waits, until it is built again or its rule changes."""
    require(actor, "segments.write")
    with changing_definitions():
        segment = get(segment_id)
        if segment.status != "building":
            raise InvalidInput(_("It is not being built."))
        why = _("Building was stopped by %(who)s at %(n)d %%.") % {
            "who": actor.name,
            "n": segment.progress,
        }
        Segment.objects.filter(pk=segment_id).update(status="stopped", why=why)
        audit.record(actor, "segment.stop", "segment", segment.pk, segment.name)


def get(segment_id: int) -> Segment:
    """A segment in use. Raises ``NotFound``."""
    found = Segment.objects.filter(pk=segment_id, archived_at__isnull=True).first()
    if found is None:
        raise NotFound(_("There is no such segment."), segment_id=segment_id)
    return found


def _build(segment: Segment) -> None:
    if segment.kind == SNAPSHOT:
        enqueue(
            "segments.take_snapshot",
            once=f"segment-{segment.pk}",
            segment_id=segment.pk,
            by=segment.changed_by,
        )
    else:
        enqueue("pipeline.build_segment", once=f"segment-{segment.pk}", segment_id=segment.pk)


def _note_rule(segment: Segment, actor: Actor) -> None:
    """Remember which rule this version has, for the reasons of the moves it makes."""
    SegmentRule.objects.create(
        segment_id=segment.pk, version=segment.version, rule=segment.rule, actor=actor.label
    )


def _refuse_circle(segment: Segment, rule: Rule) -> None:
    fields = registry.snapshot()
    reads = {segment.pk: segments_read(rule, fields)}
    rows = {row.pk: row for row in Segment.objects.filter(archived_at__isnull=True)}
    seen, ahead = set(), set(reads[segment.pk])
    while ahead:
        id_ = ahead.pop()
        if id_ == segment.pk:
            raise Conflict(_("The segment would read itself."), segment=segment.key)
        if id_ in seen or id_ not in rows:
            continue
        seen.add(id_)
        named = usage.segment_keys(rows[id_].rule)
        ahead |= {row.pk for row in rows.values() if row.key in named}


def _name(name: str) -> str:
    found = name.strip()
    if not 0 < len(found) <= 120:
        raise InvalidInput(_("A name has 1 to 120 characters."), name=name)
    return found


def _folder(folder: str) -> str:
    found = " ".join(folder.split())
    if len(found) > 60:
        raise InvalidInput(_("A folder's name has at most 60 characters."), folder=folder)
    return found
