"""The fields ``signal.<key>`` of rules, and those of devices."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.events import devices
from trellis.events.models import Signal
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS, PROVIDERS, Field
from trellis.rules.types import SIGNAL, EventRef, RuleError


def provide() -> Iterable[Field]:
    """One field per signal that counts; while its past is still being counted, what reads
    it waits; and the devices that people came with."""
    yield from devices.fields()
    for row in Signal.objects.exclude(status="broken").order_by("name"):
        event = _event(row)
        if event is None:
            continue
        yield Field(
            key=f"signal.{row.key}",
            label=row.name,
            type=SIGNAL,
            ref=row.pk,
            event=event,
            pending=row.status == "building",
            group=_("Behaviour"),
        )


def _event(row: Signal) -> EventRef | None:
    """What a signal counts; None where its filter can no longer be read."""
    try:
        condition = parse(row.filter, PROPS) if row.filter else None
    except RuleError:
        return None
    return EventRef(
        row.event_type, row.event_name, condition, row.value_prop, each=row.each_value
    )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("events", provide)
