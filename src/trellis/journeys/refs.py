"""The keys that definitions may name, and the check of a text against them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import models

from trellis.capture.models import Form
from trellis.journeys import audience, conditions
from trellis.journeys.definition import Definition, parse
from trellis.journeys.models import JourneyVersion
from trellis.journeys.types import Refs
from trellis.leads.queries import stage_names
from trellis.messaging.models import Template
from trellis.people.models import Attribute
from trellis.segments.models import Segment


def read() -> Refs:
    """All keys there are now."""
    return Refs(
        templates=_keys(Template.objects.filter(archived_at=None, version__gt=0)),
        segments=_keys(Segment.objects.filter(archived_at=None)),
        forms=_keys(Form.objects.all()),
        attributes=dict(Attribute.objects.filter(archived_at=None).values_list("key", "type")),
        stages=frozenset(stage_names()),
        lines=frozenset(audience.lines()),
    )


def checked(text: str) -> Definition:
    """The definition of a text, checked against everything that exists now.

    Raises ``definition.DefinitionError`` with every fault.
    """
    return parse(text, read(), partial(conditions.problems, known=conditions.fields()))


def using_template(key: str) -> list[str]:
    """The names of the journeys whose published steps send a template, unless stopped."""
    versions = JourneyVersion.objects.filter(
        journey__state__in=("live", "paused"),
        journey__archived_at=None,
        number=models.F("journey__version"),
    ).select_related("journey")
    return sorted(
        version.journey.name for version in versions if key in _templates(version.definition)
    )


def _templates(part: Any) -> set[str]:
    """Every template that a definition, or a part of it, sends."""
    if isinstance(part, list):
        return {name for item in part for name in _templates(item)}
    if not isinstance(part, dict):
        return set()
    send = part.get("send")
    own = {str(send["template"])} if isinstance(send, dict) and "template" in send else set()
    return own.union(*(_templates(item) for item in part.values()))


def _keys(rows: models.QuerySet[Any]) -> frozenset[str]:
    return frozenset(rows.values_list("key", flat=True))
