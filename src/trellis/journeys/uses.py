"""What journeys read, so that nothing they need is taken away unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import F

from trellis.journeys.book import LIVE, PAUSED
from trellis.journeys.models import JourneyVersion
from trellis.rules.usage import Use


def uses() -> Iterator[Use]:
    """The rules of running versions, and what else they name, as rules that read it."""
    running = JourneyVersion.objects.filter(
        journey__state__in=(LIVE, PAUSED), number=F("journey__version")
    ).select_related("journey")
    for version in running:
        yield Use(
            kind="journey",
            id=version.journey_id,
            name=version.journey.name,
            rule=[version.definition, *_named(version.definition)],
        )


def _named(value: Any) -> Iterator[dict[str, Any]]:
    """Segments, stages and attributes that triggers and steps name outside of rules."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaf(key, inner)
        yield from _named(inner)


def _leaf(key: str, inner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if key == "segment":
        name = inner.get("entered") or inner.get("left")
        yield {"field": "segment", "op": "in", "value": [name]}
    elif key == "stage":
        name = inner.get("to") or inner.get("reached")
        yield {"field": "stage", "op": "in", "value": [name]}
    elif key == "set":
        yield {"field": f"attr.{inner.get('attribute')}", "op": "eq", "value": None}
