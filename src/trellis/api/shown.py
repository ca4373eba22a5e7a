"""Values of stored definitions as whoever calls may see them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from trellis.journeys.definition import places
from trellis.rules import evaluate, private


def _shown(rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = private.shown(rule, evaluate.fields())
    return found


def _source(text: str) -> str:
    return places.shown(text, evaluate.fields())


ShownSource = Annotated[str, AfterValidator(_source)]
"""The definition of a journey, its rules veiled like others."""

ShownRule = Annotated[dict[str, Any], AfterValidator(_shown)]
"""A stored rule; its private values are veiled for who may not see them."""
