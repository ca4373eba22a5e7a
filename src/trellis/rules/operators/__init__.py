"""The operators: one table, one row each. Compiler, builder, validation, sentence and
explanation all read this table; to add an operator is to add a row.

SQL templates: ``{x}`` is the field's value as SQL (text in lower case), ``{raw}`` the text
as stored, ``{v}`` the parameter (``{lo}`` and ``{hi}`` of a pair or a window). For behaviour
``{n}``, ``{sum}``, ``{avg}``, ``{max}``, ``{min}`` and ``{days}`` are what was counted in the
window, ``{latest}`` and ``{earliest}`` the last and the first value in it, ``{last}`` and
``{first}`` days, and ``{since}`` the day before the window begins. SQL that yields NULL does
not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trellis.rules.operators.amounts import AMOUNTS
from trellis.rules.operators.behaviour import BEHAVIOUR
from trellis.rules.operators.dates import DATES
from trellis.rules.operators.types import (
    AMOUNT,
    COUNT,
    COUNTS,
    MANY,
    MONTHS,
    NONE,
    ONE,
    PAIR,
    PATTERN,
    PERIOD,
    SHARE,
    SPAN,
    WEEKDAYS,
    WILD,
    WINDOW,
    Operator,
)
from trellis.rules.operators.values import VALUES

ROWS: tuple[Operator, ...] = (*VALUES, *DATES, *BEHAVIOUR, *AMOUNTS)

OPERATORS: Mapping[str, Operator] = MappingProxyType({row.key: row for row in ROWS})
"""Key to row."""


def operators_for(type_: str) -> tuple[Operator, ...]:
    """The rows that accept fields of a type, in the order of the table."""
    return tuple(row for row in ROWS if type_ in row.types)


__all__ = [
    "AMOUNT",
    "COUNT",
    "COUNTS",
    "MANY",
    "MONTHS",
    "NONE",
    "ONE",
    "OPERATORS",
    "PAIR",
    "PATTERN",
    "PERIOD",
    "ROWS",
    "SHARE",
    "SPAN",
    "WEEKDAYS",
    "WILD",
    "WINDOW",
    "Operator",
    "operators_for",
]
