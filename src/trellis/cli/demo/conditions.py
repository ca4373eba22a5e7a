"""Short words for the conditions of the demo company's rules."""

from __future__ import annotations

from typing import Any, TypeAlias

Rule: TypeAlias = dict[str, Any]


def did(signal: str) -> Rule:
    """That a behaviour ever happened."""
    return {"all": [{"field": f"signal.{signal}", "op": "did"}]}


def times(signal: str, n: int, days: int | None = None) -> Rule:
    """That a behaviour happened so often, within some days or ever."""
    leaf: Rule = {"field": f"signal.{signal}", "op": "count_gte", "value": n}
    return leaf | ({"within": {"n": days, "unit": "day"}} if days else {})


def field_is(field: str, op: str, value: object) -> Rule:
    """A field compared with a value."""
    return {"field": field, "op": op, "value": value}


def within(signal: str, op: str, value: object, days: int) -> Rule:
    """A comparison of what a signal keeps, or of what came after it, within some days."""
    return field_is(f"signal.{signal}", op, value) | {"within": {"n": days, "unit": "day"}}
