"""What pages and the API read about segments and their members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from trellis.core.paging import Cursor, Page, paged
from trellis.core.sql import load
from trellis.segments.models import Membership, Segment

_SQL = load("trellis.segments", "lists")

PAGE = 100
"""Segments of one page of the list."""


@dataclass(frozen=True, kw_only=True)
class SegmentFilter:
    """Which segments: words of their name, key or description, kind, state, folder. A
    ``folder`` of None is any; "" those without one."""

    search: str = ""
    kind: str = ""
    status: str = ""
    folder: str | None = None


def segments(search: str = "", kind: str = "") -> list[Segment]:
    """The segments in use, by name, without their rules."""
    return list(_found(SegmentFilter(search=search, kind=kind)))


def whole(wanted: SegmentFilter) -> list[Segment]:
    """The segments in use that a filter finds, by name, with their rules."""
    return list(_found(wanted).defer(None))


def page(wanted: SegmentFilter, after: int | None, limit: int = PAGE) -> Page[Segment]:
    """A page of segments by name, those that need a look (broken, stopped) first; ``after``
    is the id of the last one of the page before."""
    rows = _found(wanted).annotate(calm=_CALM).order_by("calm", Lower("name"), "id")
    if after is not None:
        last = Segment.objects.annotate(calm=_CALM, low=Lower("name")).filter(pk=after).first()
        if last is not None:
            same = Q(calm=last.calm)
            rows = rows.annotate(low=Lower("name")).filter(
                Q(calm__gt=last.calm)
                | (same & Q(low__gt=last.low))
                | (same & Q(low=last.low, id__gt=last.pk))
            )
    found = list(rows[: limit + 1])
    return Page(rows=found[:limit], next=str(found[limit - 1].pk) if len(found) > limit else "")


_CALM = Case(When(status__in=("broken", "stopped"), then=Value(0)), default=Value(1))


def _found(wanted: SegmentFilter) -> QuerySet[Segment]:
    rows = Segment.objects.filter(archived_at__isnull=True).order_by("name").defer("rule")
    if wanted.search:
        words = wanted.search
        rows = rows.filter(
            Q(name__icontains=words) | Q(key__icontains=words) | Q(description__icontains=words)
        )
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.folder is not None:
        rows = rows.filter(folder=wanted.folder)
    return rows


@dataclass(frozen=True, kw_only=True)
class Census:
    """How many segments there are: in all, by folder ("" none), by state."""

    total: int
    folders: Sequence[tuple[str, int]]
    broken: int
    stopped: int


def census() -> Census:
    """Count the segments in use; one statement."""
    rows = (
        Segment.objects.filter(archived_at__isnull=True)
        .values_list("folder", "status")
        .annotate(n=Count("pk"))
    )
    folders: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for folder, status, n in rows:
        folders[folder] += n
        states[status] += n
    return Census(
        total=sum(states.values()),
        folders=sorted(folders.items()),
        broken=states["broken"],
        stopped=states["stopped"],
    )


def by_ids(segment_ids: Collection[int]) -> dict[int, Segment]:
    """Segments by id, archived ones too, for histories that name them."""
    rows = Segment.objects.filter(pk__in=segment_ids).defer("rule")
    return {row.pk: row for row in rows}


def keyed(key: str) -> Segment | None:
    """The segment in use with this key."""
    return Segment.objects.filter(key=key, archived_at__isnull=True).first()


@dataclass(frozen=True, kw_only=True)
class Member:
    """A contact's membership."""

    contact_id: int
    since: datetime


def members(segment_id: int, after: Cursor | None, limit: int) -> Page[Member]:
    """A page of members by contact number, the newest contacts first."""
    rows = Membership.objects.filter(segment_id=segment_id).order_by("-contact_id")
    if after is not None:
        rows = rows.filter(contact_id__lt=after.id)
    found = [
        Member(contact_id=number, since=since)
        for number, since in rows.values_list("contact_id", "since")[: limit + 1]
    ]
    return paged(found, limit, lambda row: (row.since, row.contact_id))


@dataclass(frozen=True, kw_only=True)
class InSegment:
    """A segment a contact is in."""

    segment: Segment
    since: datetime


def of_contact(contact_id: int) -> Sequence[InSegment]:
    """The segments a contact is in, the newest first."""
    rows = Segment.objects.raw(_SQL["of_contact"], {"contact": contact_id})
    return [
        InSegment(segment=row, since=row.since)  # type: ignore[attr-defined]  # of the query
        for row in rows
    ]
