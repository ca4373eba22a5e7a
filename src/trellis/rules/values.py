"""Values to SQL: typed columns out of JSON, and operands as the database compares them."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Any

from trellis.core import db
from trellis.rules import types
from trellis.rules.registry import Field
from trellis.rules.types import Leaf, Scalar, Value


def from_json(column: str, key: str, kind: str, zone: str) -> str:
    """SQL of a property as the type it is compared as; NULL (an empty list) where it is
    none. ``key`` and ``zone`` are places."""
    text, item = f"({column} ->> {key})", f"({column} -> {key})"
    if kind == types.NUMBER:
        return (
            f"CASE jsonb_typeof({item}) WHEN 'number' THEN {item}::numeric"
            f" WHEN 'string' THEN CASE WHEN {text} ~ '^-?[0-9]{{1,18}}([.][0-9]{{1,9}})?$'"
            f" THEN {text}::numeric END END"
        )
    if kind == types.BOOLEAN:
        return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind == types.DATE:
        return (
            f"CASE WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'"
            f" AND pg_input_is_valid({text}, 'timestamptz') THEN CASE"
            f" WHEN length({text}) = 10 THEN {text}::date"
            f" ELSE ({text}::timestamptz AT TIME ZONE {zone})::date END END"
        )
    if kind == types.LIST:
        return (
            f"CASE jsonb_typeof({item}) WHEN 'array' THEN {item}"
            f" WHEN 'string' THEN jsonb_build_array({item}) ELSE '[]'::jsonb END"
        )
    return text


def operand(field: Field, leaf: Leaf, value: Scalar) -> Any:
    """A value as the database compares it: choices by id, text in lower case."""
    if leaf.type == types.CHOICE:
        choice = field.choice(str(value))
        return choice.id if choice is not None else None
    return fold(value) if isinstance(value, str) else value


def fold(text: str) -> str:
    """Lower case, letter by letter, as the database's ``lower`` does it."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def wild(text: str) -> str:
    """The pattern of LIKE for a text in which * stands for anything and ? for one letter."""
    for mark in "\\%_":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("*", "%").replace("?", "_")


def composes(leaf: Leaf) -> bool:
    """Whether stored text must be composed before it is compared with the values."""
    found = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    if leaf.op.endswith("like"):
        return True
    return any(unicodedata.normalize("NFD", str(value)) != value for value in found)


def whole(value: Value) -> bool:
    """Whether all numbers are whole."""
    items = value if isinstance(value, tuple) else (value,)
    return all(isinstance(item, Decimal) and item % 1 == 0 for item in items)


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """The names of zones that the database knows."""
    return sorted(name for (name,) in db.fetch("SELECT name FROM pg_timezone_names"))
