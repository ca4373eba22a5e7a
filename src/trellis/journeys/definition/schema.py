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
    steps = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Step"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trellis journey",
        **head,
        "properties": {**head["properties"], "key": _IDS, "steps": steps},
        "required": [*head["required"], "steps"],
        "$defs": {
            **components,
            "Way": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 40},
                    "when": {"type": "object", "description": "A rule."},
                    "steps": steps,
                },
                "required": ["name", "steps"],
                "additionalProperties": False,
            },
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


def _hook(kind: type[Any]) -> dict[str, Any]:
    if kind is RuleJson:
        return {"type": "object", "description": "A rule."}
    if kind is Duration:
        return {"type": "string", "examples": ["2 days", "36 hours", "30 minutes"]}
    if kind is TimeOfDay:
        return {"type": "string", "pattern": "^([01]\\d|2[0-3]):[0-5]\\d$"}
    raise NotImplementedError(kind)
