"""Values of leaves to SQL: the places of what stands beside an operator, and the days on
which a value that is relative to today moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from trellis.rules import dates, types, values
from trellis.rules.operators import (
    MANY,
    MONTHS,
    NONE,
    PAIR,
    PERIOD,
    SHARE,
    SPAN,
    WEEKDAYS,
    WILD,
    Operator,
)
from trellis.rules.types import WEEKDAYS as DAYS
from trellis.rules.types import Leaf, Moment, Period, Scalar, Span

if TYPE_CHECKING:
    from trellis.rules.compiler import Compiler

_CASTS = {
    types.NUMBER: "numeric",
    types.RANDOM: "numeric",
    types.BOOLEAN: "boolean",
    types.DATE: "date",
}


def places(compiler: Compiler, leaf: Leaf, operator: Operator, x: str) -> dict[str, str]:
    """What the places of an operator's SQL stand for, beside the field itself, ``x``."""
    shape, value, params = operator.value, leaf.value, compiler.params
    if shape == NONE:
        return {}
    if shape == SPAN:
        return _span(compiler, leaf, operator, x)
    if shape == PERIOD:
        assert isinstance(value, Period), "parsed"
        compiler.moving += [dates.crosses(params, x, day) for day in dates.moments(value)]
        low, high = dates.edges(params, value)
        return {"lo": low, "hi": high}
    if shape in (WEEKDAYS, MONTHS):
        assert isinstance(value, tuple), "parsed"
        days = [DAYS.index(str(item)) + 1 for item in value] if shape == WEEKDAYS else []
        return {"v": params.add(days or [int(str(item)) for item in value], "int[]")}
    if operator.key == "regex":
        return {"v": params.add(value, "text")}
    if shape == WILD:
        return {"v": params.add(values.wild(values.fold(str(value))), "text")}
    return _plain(compiler, leaf, shape, x)


def _plain(compiler: Compiler, leaf: Leaf, shape: str, x: str) -> dict[str, str]:
    """One value of the field's type, two, or many."""
    value, cast = leaf.value, _cast(compiler, leaf)
    if shape in (PAIR, SHARE):
        assert isinstance(value, tuple), "parsed"
        low, high = (_one(compiler, leaf, item, cast, x) for item in value)
        return {"lo": low, "hi": high}
    if shape == MANY:
        assert isinstance(value, tuple), "parsed"
        items = [values.operand(compiler.fields[leaf.field], leaf, item) for item in value]
        return {"v": compiler.params.add(items, f"{cast}[]")}
    assert isinstance(value, str | bool | Decimal | date | Moment), "parsed"
    return {"v": _one(compiler, leaf, value, cast, x)}


def _cast(compiler: Compiler, leaf: Leaf) -> str:
    field = compiler.fields[leaf.field]
    cast = _CASTS.get(leaf.type, "text")
    if field.choices and isinstance(field.choices[0].id, int):
        return "int"
    if leaf.type == types.NUMBER and not field.json_key and values.whole(leaf.value):
        return "bigint"
    return cast


def _one(compiler: Compiler, leaf: Leaf, value: Scalar, cast: str, x: str) -> str:
    """The place of one value; a relative day moves."""
    if isinstance(value, Moment):
        compiler.moving.append(dates.crosses(compiler.params, x, value))
        return compiler.params.day(value)
    return compiler.params.add(values.operand(compiler.fields[leaf.field], leaf, value), cast)


def _span(compiler: Compiler, leaf: Leaf, operator: Operator, x: str) -> dict[str, str]:
    assert isinstance(leaf.value, Span), "parsed"
    params = compiler.params
    bounds = {"since": dates.back(leaf.value), "until": dates.ahead(leaf.value)}
    bounds["today"] = Moment()
    used = {name: day for name, day in bounds.items() if f"{{{name}}}" in operator.sql}
    compiler.moving += [dates.crosses(params, x, day) for day in used.values()]
    return {name: params.day(day) for name, day in used.items()}
