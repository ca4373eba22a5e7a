"""What can be done with segments: the only place where they change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.core.sql import load
from trellis.events import inbox, names
from trellis.events.behaviour import read_draft, read_rule
from trellis.rules import registry, usage
from trellis.rules.evaluate import Count, count, sample
from trellis.rules.types import Rule, to_json
from trellis.rules.words import sentence
from trellis.segments import membership
from trellis.segments.compute import segments_read
from trellis.segments.models import Segment

DYNAMIC = "dynamic"
STATIC = "static"

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SQL = load("trellis.segments", "membership")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A rule before it is saved: in words, how many it holds for, and some of them."""

    sentence: str
    count: Count
    contact_ids: tuple[int, ...]


def preview(actor: Actor, rule: Mapping[str, Any], now: datetime) -> Preview:
    """Look at a rule without saving it. Raises ``RuleError``, and ``NotCounted`` where it
    names behaviour that no signal counts yet."""
    require(actor, "segments.read")
    parsed = read_draft(rule)
    fields = registry.snapshot()
    return Preview(
        sentence=sentence(parsed, fields),
        count=count(parsed, now, fields),
        contact_ids=tuple(sample(parsed, now, 10, fields)),
    )


def create(
    actor: Actor,
    *,
    key: str,
    name: str,
    rule: Mapping[str, Any] | None = None,
    kind: str = DYNAMIC,
    description: str = "",
) -> Segment:
    """Make a segment. A dynamic one is built in the background, with progress; its first
    members enter silently. A static one is a list kept by hand. Raises ``RuleError``, and
    ``Conflict`` where the key is taken."""
    require(actor, "segments.write")
    if kind not in (DYNAMIC, STATIC):
        raise InvalidInput(_("A segment is dynamic or static."), kind=kind)
    if not _KEY.fullmatch(key):
        raise InvalidInput(_("A key has small letters, digits and hyphens."), key=key)
    parsed = read_rule(actor, rule or {}) if kind == DYNAMIC else None
    with changing_definitions():
        if Segment.objects.filter(key=key).exists():
            raise Conflict(_("There is a segment %(key)s already.") % {"key": key}, key=key)
        segment = Segment.objects.create(
            key=key,
            name=_name(name),
            description=description,
            kind=kind,
            rule={} if parsed is None else to_json(parsed),
            status="live" if kind == STATIC else "building",
            progress=100 if kind == STATIC else 0,
        )
        audit.record(actor, "segment.create", "segment", segment.pk, segment.name)
        if kind == DYNAMIC:
            _build(segment)
    return segment


def update(
    actor: Actor,
    segment_id: int,
    now: datetime,
    *,
    name: str | None = None,
    description: str | None = None,
    rule: Mapping[str, Any] | None = None,
) -> Segment:
    """Change a segment; a changed rule is built in the background, and who enters or leaves
    by it is told. Raises ``RuleError``, also for a rule that would read itself."""
    require(actor, "segments.write")
    get(segment_id)
    parsed = None if rule is None else read_rule(actor, rule)
    with changing_definitions():
        segment = get(segment_id)
        change: dict[str, Any] = {}
        if name is not None and name != segment.name:
            change["name"] = [segment.name, _name(name)]
        if description is not None and description != segment.description:
            change["description"] = [segment.description, description]
        if parsed is not None and to_json(parsed) != segment.rule:
            if segment.kind == STATIC:
                raise InvalidInput(_("A static segment has no rule."))
            _refuse_circle(segment, parsed)
            change["rule"] = [segment.rule, to_json(parsed)]
        for field, (_before, after) in change.items():
            setattr(segment, field, after)
        segment.updated_at = now
        if "rule" in change:
            segment.status, segment.why, segment.progress = "building", "", 0
        segment.save()
        if change:
            audit.record(actor, "segment.update", "segment", segment.pk, segment.name, change)
        if "rule" in change:
            _build(segment)
    return segment


def archive(actor: Actor, segment_id: int, now: datetime) -> None:
    """Take a segment out of use; its members are forgotten. Raises ``Conflict`` while
    another rule reads it."""
    require(actor, "segments.write")
    segment = get(segment_id)
    if users := usage.of_segment(segment.key):
        raise Conflict(
            _("The segment is used by %(user)s.")
            % {"user": f"{users[0].kind} {users[0].name}"},
            used_by=[f"{use.kind} {use.name}" for use in users],
        )
    with changing_definitions():
        Segment.objects.filter(pk=segment_id).update(archived_at=now, size=0)
        db.run(_SQL["forget"], {"segment": segment_id})
        audit.record(actor, "segment.archive", "segment", segment_id, segment.name)


def add_members(
    actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime
) -> int:
    """Put contacts into a static segment; returns how many were not in it."""
    return _keep_list(actor, segment_id, contact_ids, now, entering=True)


def remove_members(
    actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime
) -> int:
    """Take contacts out of a static segment; returns how many were in it."""
    return _keep_list(actor, segment_id, contact_ids, now, entering=False)


def rebuild(actor: Actor, segment_id: int) -> None:
    """Build a dynamic segment again in the background."""
    require(actor, "segments.write")
    segment = get(segment_id)
    if segment.kind == STATIC:
        raise InvalidInput(_("A static segment has no rule."))
    with transaction.atomic():
        Segment.objects.filter(pk=segment_id).update(status="building", progress=0, why="")
        _build(segment)


def get(segment_id: int) -> Segment:
    """A segment in use. Raises ``NotFound``."""
    found = Segment.objects.filter(pk=segment_id, archived_at__isnull=True).first()
    if found is None:
        raise NotFound(_("There is no such segment."), segment_id=segment_id)
    return found


def _keep_list(
    actor: Actor, segment_id: int, contact_ids: Sequence[int], now: datetime, *, entering: bool
) -> int:
    require(actor, "segments.write")
    segment = get(segment_id)
    if segment.kind != STATIC:
        raise InvalidInput(_("The members of this segment follow from its rule."))
    with transaction.atomic():
        params = {"contacts": sorted(set(contact_ids)), "segment": segment_id}
        block = "absent" if entering else "present"
        ids = [number for (number,) in db.fetch(_SQL[block], params)]
        pairs = [(number, segment_id) for number in ids]
        if entering:
            membership.enter(pairs, now)
        else:
            membership.leave(pairs)
        membership.refresh_sizes(segment_id)
        event = names.SEGMENT_ENTERED if entering else names.SEGMENT_LEFT
        told = {"segment_id": segment_id, "segment": segment.key, "why": "hand"}
        at = now.timestamp()
        inbox.put([inbox.system_fact(number, event, told, at=at) for number in ids])
        if ids:
            verb = "segment.add" if entering else "segment.remove"
            audit.record(
                actor, verb, "segment", segment_id, f"{len(ids)} contacts", {"ids": ids[:100]}
            )
    return len(ids)


def _build(segment: Segment) -> None:
    enqueue("pipeline.build_segment", once=f"segment-{segment.pk}", segment_id=segment.pk)


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
