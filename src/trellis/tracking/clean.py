"""Making text and numbers safe to store, whatever came.

PostgreSQL stores neither NUL nor lone surrogates, and sums of absurd numbers overflow.
"""

from __future__ import annotations

import json
import re
from typing import Any

_ESCAPES = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]")
_BAD = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 10**17


def may_be_odd(raw: bytes) -> bool:
    """Whether raw JSON may hold text that cannot be stored; a no is certain."""
    return b"\\u" in raw and _ESCAPES.search(raw) is not None


def text(value: str) -> str:
    """``value`` with NUL and lone surrogates replaced by U+FFFD."""
    return _BAD.sub("\ufffd", value) if _BAD.search(value) else value


def anything(value: Any) -> Any:
    """A JSON value with each text cleaned, and numbers too large to sum turned into text."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): anything(item) for key, item in value.items()}
    if isinstance(value, list):
        return [anything(item) for item in value]
    return number(value)


def number(value: Any) -> Any:
    """A number too large to be summed, or none at all, becomes text."""
    if isinstance(value, int | float) and not -_LARGEST < value < _LARGEST:
        return str(value)
    return value


def numbers(values: dict[str, Any]) -> None:
    """``number`` for the values of a flat object, in place."""
    for key, value in values.items():
        kind = type(value)
        if (kind is int or kind is float) and not -_LARGEST < value < _LARGEST:
            values[key] = str(value)


def lenient(raw: bytes) -> Any:
    """Decode JSON that strict parsers refuse: lone surrogates, infinities.

    Raises ``ValueError`` where it is no JSON at all and ``RecursionError`` where it nests
    too deeply.
    """
    return anything(json.loads(raw.decode("utf-8")))


def depth(value: Any, limit: int) -> int:
    """How deep ``value`` nests; stops counting above ``limit``."""
    deepest = 0
    stack = [(value, 1)]
    while stack:
        item, level = stack.pop()
        deepest = max(deepest, level)
        if deepest > limit:
            break
        if isinstance(item, dict):
            stack.extend((child, level + 1) for child in item.values())
        elif isinstance(item, list):
            stack.extend((child, level + 1) for child in item)
    return deepest


def may_nest_deeper(raw: bytes, limit: int) -> bool:
    """A cheap no where ``raw`` has too few brackets to nest deeper than ``limit``."""
    return raw.count(b"{") + raw.count(b"[") > limit
