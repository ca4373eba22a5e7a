"""The fields ``signal.<key>`` of rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.events.models import Signal
from trellis.rules.registry import PROVIDERS, Field
from trellis.rules.types import SIGNAL


def provide() -> Iterable[Field]:
    """One field per signal that counts; while its past is still being counted, what reads
    it waits."""
    for row in Signal.objects.exclude(status="broken").order_by("name"):
        yield Field(
            key=f"signal.{row.key}",
            label=row.name,
            type=SIGNAL,
            ref=row.pk,
            pending=row.status == "building",
            group=_("Behaviour"),
        )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("events", provide)
