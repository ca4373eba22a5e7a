"""The keys that definitions may name, and the check of a text against them."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import models

from trellis.capture.models import Form
from trellis.journeys import conditions
from trellis.journeys.definition import Definition, parse
from trellis.journeys.types import Refs
from trellis.leads.models import Stage
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
        stages=_keys(Stage.objects.filter(archived_at=None, line__default=True)),
    )


def checked(text: str) -> Definition:
    """The definition of a text, checked against everything that exists now.

    Raises ``definition.DefinitionError`` with every fault.
    """
    return parse(text, read(), partial(conditions.problems, known=conditions.fields()))


def _keys(rows: models.QuerySet[Any]) -> frozenset[str]:
    return frozenset(rows.values_list("key", flat=True))
