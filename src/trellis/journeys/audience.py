"""Whom a journey is for: nurturing of leads ends where somebody becomes a customer (L9)."""

from __future__ import annotations

from trellis.core.errors import NotFound
from trellis.journeys.types import RuleJson
from trellis.leads.fields import outcome_key
from trellis.leads.models import Line


def lines() -> list[str]:
    """The keys of the lines a journey may be for."""
    return list(Line.objects.filter(archived_at=None).values_list("key", flat=True))


def bought(line_key: str) -> RuleJson:
    """The rule that holds for whoever is won in a line. Raises ``NotFound``."""
    line = Line.objects.filter(key=line_key, archived_at=None).first()
    if line is None:
        raise NotFound(f"There is no line {line_key!r}.", line=line_key)
    return RuleJson({"field": outcome_key(line), "op": "eq", "value": "won"})
