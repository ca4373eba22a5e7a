"""The JSON Schema of a definition, for editors and the reference."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from trellis.journeys.definition.model import KEY, Head
from trellis.journeys.durations import Duration, TimeOfDay
from trellis.journeys.registry import STEPS
from trellis.journeys.types import RuleJson

_IDS = {"type": "string", "pattern": KEY}


@cache
def schema() -> dict[str, Any]:
    """The whole schema (JSON Schema 2020-12). Do not change the answer."""
    types = [Head, *(kind.settings for kind in STEPS.values() if not kind.branches)]
    parts, components = msgspec.json.schema_components(
        types, schema_hook=_hook, ref_template="#/$defs/{name}"
    )
    head = components.pop("Head")
    by_kind = dict(
        zip((kind.key for kind in STEPS.values() if not kind.branches), parts[1:], strict=True)
    )
    by_kind["branch"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Way"}}
    steps = {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/Step"},
        "description": "The steps, in order.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **head,
        "title": "Trellis journey",
        "properties": {
            **head["properties"],
            "key": {**head["properties"]["key"], **_IDS},
            "steps": steps,
        },
        "required": [*head["required"], "steps"],
        "$defs": {
            **components,
            "Way": _way(steps),
            "Step": {
                "oneOf": [
                    {
                        "type": "object",
                        "description": STEPS[key].about,
                        "properties": {"id": _IDS, key: by_kind[key]},
                        "required": ["id", key],
                        "additionalProperties": False,
                    }
                    for key in STEPS
                ]
            },
        },
    }


def _way(steps: dict[str, Any]) -> dict[str, Any]:
    """A way of a branch."""
    return {
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "maxLength": 40,
                "description": "Its name on the picture, and the outcome counted.",
            },
            "when": {
                "type": "object",
                "format": "rule",
                "description": "Who takes this way; without it, all others.",
            },
            "steps": steps,
        },
        "required": ["name", "steps"],
        "additionalProperties": False,
    }


def _hook(kind: type[Any]) -> dict[str, Any]:
    if kind is RuleJson:
        return {"type": "object", "format": "rule", "description": "A rule."}
    if kind is Duration:
        return {
            "type": "string",
            "format": "duration",
            "examples": ["2 days", "36 hours", "30 minutes"],
        }
    if kind is TimeOfDay:
        return {"type": "string", "format": "time", "pattern": "^([01]\\d|2[0-3]):[0-5]\\d$"}
    raise NotImplementedError(kind)
