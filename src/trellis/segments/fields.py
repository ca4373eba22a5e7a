"""The field ``segment`` of rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.rules.registry import PROVIDERS, SEGMENT, Choice, Field
from trellis.rules.types import SEGMENT as SEGMENT_TYPE
from trellis.rules.usage import USERS, Use
from trellis.segments.models import Segment


def provide() -> Iterable[Field]:
    """One field, whose choices are the segments that are not archived."""
    rows = Segment.objects.filter(archived_at__isnull=True).order_by("name")
    choices = tuple(Choice(row.key, row.name, row.pk) for row in rows)
    yield Field(
        "segment",
        _("segment"),
        SEGMENT_TYPE,
        choices=choices,
        level=SEGMENT,
        group=_("Segments"),
    )


def uses() -> Iterable[Use]:
    """The rules of this domain."""
    for row in Segment.objects.filter(archived_at__isnull=True, kind="dynamic"):
        yield Use("segment", row.pk, row.name, row.rule)


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("segments", provide)
    USERS.register("segments", uses)
