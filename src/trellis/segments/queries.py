"""What pages and the API read about segments and their members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from trellis.core.paging import Cursor, Page, paged
from trellis.segments.models import Membership, Segment


def segments(search: str = "", kind: str = "") -> list[Segment]:
    """The segments in use, by name."""
    rows = Segment.objects.filter(archived_at__isnull=True).order_by("name")
    if search:
        rows = rows.filter(name__icontains=search)
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows)


def growth(since: datetime) -> dict[int, int]:
    """How many of the present members of each segment came since a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT segment_id, count(*) FROM membership WHERE since > %s GROUP BY segment_id",
            [since],
        )
        return {int(number): int(n) for number, n in cursor.fetchall()}


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
    since = dict(
        Membership.objects.filter(contact_id=contact_id).values_list("segment_id", "since")
    )
    rows = Segment.objects.filter(pk__in=list(since))
    found = [InSegment(segment=row, since=since[row.pk]) for row in rows]
    return sorted(found, key=lambda row: row.since, reverse=True)
