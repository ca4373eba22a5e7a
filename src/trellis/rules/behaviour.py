"""Leaves about behaviour to SQL: what was counted, when, and in which order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from trellis.rules import dates, values, windows
from trellis.rules.counted import counted, keyed
from trellis.rules.features import Feature
from trellis.rules.operators import (
    AMOUNT,
    COUNT,
    COUNTS,
    MANY,
    NONE,
    ONE,
    SPAN,
    WINDOW,
    Operator,
)
from trellis.rules.sequences import Sequence
from trellis.rules.types import Leaf, Moment, Period, Range, Span, Window

if TYPE_CHECKING:
    from trellis.rules.compiler import Compiler

STAMP = 20
"""Letters of the time that stands before a kept value: it makes the greatest the last."""

_NUMBER = "^[+-]?[0-9]{1,18}([.][0-9]{1,30})?$"

_LOOKS_AT = {
    "count": "n",
    "did": "n",
    "days": "days",
    "sum": "sum",
    "avg": "avg",
    "max": "max",
    "min": "min",
    "latest": "latest",
    "earliest": "earliest",
    "last": "last",
    "first": "first",
    "followed": "followed",
    "not": "followed",
}
"""The first word of an operator's key to what it looks at."""


def looks_at(op: str) -> str:
    """What a leaf looks at: ``n``, ``days``, ``sum``, ``avg``, ``max``, ``min``, ``latest`` or
    ``earliest`` value, ``last`` or ``first`` day, or the last day that was ``followed``."""
    return _LOOKS_AT[op.split("_")[0]]


def predicate(compiler: Compiler, leaf: Leaf, operator: Operator) -> str:
    """SQL that says whether a leaf about behaviour holds. Behaviour that no signal counts
    never happened."""
    if operator.paired:
        return f"({actual(compiler, leaf)} IS NOT NULL)"
    places = _operands(compiler, leaf, operator)
    places[looks_at(leaf.op)] = _comparable(leaf, operator, actual(compiler, leaf))
    tests = [f"coalesce({operator.sql.format(**places)}, false)"]
    number = signal_of(compiler, leaf)
    if leaf.not_since:
        mine = compiler.feature(Feature(number, "last_at"))
        other = compiler.feature(Feature(_other(compiler, leaf.not_since), "last_at"))
        tests.append(f"coalesce({other} <= {mine}, true)")
    if leaf.after:
        mine = compiler.feature(Feature(number, "last_at"))
        other = compiler.feature(Feature(_other(compiler, leaf.after), "first_at"))
        tests.append(f"coalesce({other} < {mine}, false)")
    return f"({' AND '.join(tests)})" if len(tests) > 1 else tests[0]


def actual(compiler: Compiler, leaf: Leaf) -> str:
    """SQL of what a leaf looks at."""
    number = signal_of(compiler, leaf)
    what = looks_at(leaf.op)
    if what == "followed":
        return _followed(compiler, leaf, number)
    if what in ("first", "last"):
        if isinstance(leaf.value, Span):
            compiler.feature(Feature(number, "ends", leaf.value))
        return compiler.feature(Feature(number, what))
    _moving(compiler, number, leaf.within)
    if what == "avg":
        total = compiler.feature(Feature(number, "sum", leaf.within))
        n = compiler.feature(Feature(number, "n", leaf.within))
        return f"({total} / nullif({n}, 0))"
    if what in ("max", "min"):
        return compiler.feature(Feature(number, what, leaf.within))
    if what in ("latest", "earliest"):
        return f"substr({compiler.feature(Feature(number, what, leaf.within))}, {STAMP + 1})"
    return f"coalesce({compiler.feature(Feature(number, what, leaf.within))}, 0)"


def signal_of(compiler: Compiler, leaf: Leaf) -> int:
    """The id of the signal that a leaf reads; 0 where no signal counts it."""
    field = counted(leaf, compiler.fields)
    return 0 if field is None else int(field.ref)


def _operands(compiler: Compiler, leaf: Leaf, operator: Operator) -> dict[str, str]:
    params, value = compiler.params, leaf.value
    if operator.value == NONE:
        return {}
    if operator.value == SPAN:
        assert isinstance(value, Span), "parsed"
        return {"since": params.since(value)}
    if operator.value == WINDOW:
        return _during(compiler, leaf)
    if operator.value in (MANY, ONE):
        return {"v": _values(compiler, leaf)}
    cast = "bigint" if operator.value in (COUNT, COUNTS) else "float8"
    if operator.value == COUNTS:
        assert isinstance(value, tuple), "parsed"
        low, high = (params.add(_plain(item), cast) for item in value)
        return {"lo": low, "hi": high}
    return {"v": params.add(_plain(value), cast)}


def _values(compiler: Compiler, leaf: Leaf) -> str:
    """The place of the values that a kept text is compared with."""
    if not isinstance(leaf.value, tuple):
        return compiler.params.add(values.fold(str(leaf.value)), "text")
    if _numeric(leaf):
        return compiler.params.add(list(leaf.value), "numeric[]")
    texts = [values.fold(str(item)) for item in leaf.value]
    return compiler.params.add(texts, "text[]")


def _comparable(leaf: Leaf, operator: Operator, x: str) -> str:
    """What is looked at as it is compared: a kept text as number or in lower case."""
    if looks_at(leaf.op) not in ("latest", "earliest"):
        return x
    if operator.value == AMOUNT or _numeric(leaf):
        return f"CASE WHEN {x} ~ '{_NUMBER}' THEN {x}::numeric END"
    return f"lower(normalize({x}))"


def _numeric(leaf: Leaf) -> bool:
    return isinstance(leaf.value, tuple) and isinstance(leaf.value[0], Decimal)


def _during(compiler: Compiler, leaf: Leaf) -> dict[str, str]:
    window = leaf.value
    assert isinstance(window, Range | Period), "parsed"
    low, high = dates.edges(compiler.params, window)
    day = actual(compiler, leaf)
    compiler.moving += [
        dates.crosses(compiler.params, day, bound) for bound in dates.moments(window)
    ]
    return {"lo": low, "hi": high}


def _followed(compiler: Compiler, leaf: Leaf, number: int) -> str:
    if leaf.within is not None:
        compiler.feature(Feature(number, "last"))
        _moving(compiler, number, leaf.within)
    return f"{_sequence(compiler, leaf, number)}.last"


def followed_value(compiler: Compiler, leaf: Leaf) -> str:
    """SQL of the value, the same in both, of the last time that was followed, or was not."""
    return f"{_sequence(compiler, leaf, signal_of(compiler, leaf))}.said"


def _sequence(compiler: Compiler, leaf: Leaf, number: int) -> str:
    """The alias of what was followed."""
    assert isinstance(leaf.value, Span), "parsed"
    then = _other(compiler, leaf.by)
    since = _other(compiler, leaf.not_since) if leaf.not_since else 0
    if leaf.same:
        found = [
            0 if field is None else int(field.ref) for field in keyed(leaf, compiler.fields)
        ]
        number, then, since = (*found, 0)[:3]
    return compiler.sequences.alias(
        Sequence(
            number,
            then,
            leaf.value,
            leaf.within,
            missing=leaf.op == "not_followed",
            since=since,
            keyed=bool(leaf.same),
        )
    )


def _moving(compiler: Compiler, number: int, window: Window | None) -> None:
    """Note that days leave or enter a window as time passes."""
    if window is None:
        return
    ends = isinstance(window, Span) or any(
        isinstance(bound, Moment) for bound in windows.bounds(window)
    )
    if ends:
        compiler.feature(Feature(number, "ends", window))


def _other(compiler: Compiler, key: str) -> int:
    return int(compiler.fields[f"signal.{key}"].ref)


def _plain(value: object) -> int | float:
    """A count or sum as the number the database compares with."""
    number = float(value)  # type: ignore[arg-type]  # parsed
    return int(number) if number == int(number) else number
