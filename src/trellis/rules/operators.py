"""The operators: one table, one row each. Compiler, builder, validation, sentence and
explanation all read this table; to add an operator is to add a row.

SQL templates: ``{x}`` is the field's value as SQL (text in lower case), ``{raw}`` the text
as stored, ``{v}`` the parameter (``{lo}`` and ``{hi}`` of a pair). For behaviour ``{n}`` and
``{sum}`` are what was counted in the window, ``{last}`` and ``{first}`` days, and ``{since}``
the day before the window begins. SQL that yields NULL does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.rules.types import (
    BOOLEAN,
    CHOICE,
    CONSENT,
    DATE,
    LIST,
    NUMBER,
    SEGMENT,
    SIGNAL,
    TEXT,
)

ONE = "one"
MANY = "many"
PAIR = "pair"
SPAN = "span"
COUNT = "count"
AMOUNT = "amount"
PATTERN = "pattern"
NONE = "none"
"""The shapes of a leaf's value: one scalar of the field's type, a list of them, [from, to],
a length of time, a whole number from 0, any number, a regular expression, or no value."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One row. ``negates`` names the positive operator this one is the exact negation of;
    such a row has no SQL of its own. ``windowed`` rows accept ``within``; ``ordered`` rows accept
    ``not_since`` and ``after``."""

    key: str
    label: Promise
    types: frozenset[str]
    value: str
    sql: str = ""
    negates: str = ""
    sentence: Promise
    explanation: Promise
    windowed: bool = False
    ordered: bool = False


PLAIN = frozenset({TEXT, NUMBER, BOOLEAN, DATE, CHOICE})
ORDERED = frozenset({NUMBER, DATE})
LISTED = frozenset({TEXT, NUMBER, CHOICE})
STORED = frozenset({TEXT, NUMBER, BOOLEAN, DATE, LIST})

_IS = _("{field} is {actual}")
_DID = _("{field}: {actual} {window}")
_LAST = _("{field}: last on {actual}")
_FIRST = _("{field}: first on {actual}")


def _value(
    key: str,
    label: Promise,
    types: frozenset[str],
    value: str,
    sql: str,
    sentence: Promise,
    *,
    negates: str = "",
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=types,
        value=value,
        sql=sql,
        negates=negates,
        sentence=sentence,
        explanation=_IS,
    )


def _counted(
    key: str,
    label: Promise,
    value: str,
    sql: str,
    sentence: Promise,
    *,
    ordered: bool = False,
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=frozenset({SIGNAL}),
        value=value,
        sql=sql,
        sentence=sentence,
        explanation=_DID,
        windowed=True,
        ordered=ordered,
    )


def _dated(
    key: str, label: Promise, sql: str, sentence: Promise, explanation: Promise
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=frozenset({SIGNAL}),
        value=SPAN,
        sql=sql,
        sentence=sentence,
        explanation=explanation,
        ordered=key == "last_within",
    )


_T = frozenset({TEXT})
_D = frozenset({DATE})
_S = frozenset({SEGMENT})
_C = frozenset({CONSENT})
_HAS = (
    "EXISTS (SELECT 1 FROM jsonb_array_elements_text({x}) AS e (v) WHERE lower(e.v) = ANY({v}))"
)

ROWS: tuple[Operator, ...] = (
    # key, label, accepted types, shape of the value, SQL, sentence
    _value("eq", _("is"), PLAIN, ONE, "{x} = {v}", _("{field} is {value}")),
    _value("ne", _("is not"), PLAIN, ONE, "", _("{field} is not {value}"), negates="eq"),
    _value(
        "gt", _("is more than"), ORDERED, ONE, "{x} > {v}", _("{field} is more than {value}")
    ),
    _value(
        "gte", _("is at least"), ORDERED, ONE, "{x} >= {v}", _("{field} is at least {value}")
    ),
    _value(
        "lt", _("is less than"), ORDERED, ONE, "{x} < {v}", _("{field} is less than {value}")
    ),
    _value("lte", _("is at most"), ORDERED, ONE, "{x} <= {v}", _("{field} is at most {value}")),
    _value(
        "between",
        _("is between"),
        ORDERED,
        PAIR,
        "{x} BETWEEN {lo} AND {hi}",
        _("{field} is between {value}"),
    ),
    _value("in", _("is one of"), LISTED | _S, MANY, "{x} = ANY({v})", _("{field} is {value}")),
    _value(
        "not_in",
        _("is none of"),
        LISTED | _S,
        MANY,
        "",
        _("{field} is not {value}"),
        negates="in",
    ),
    _value(
        "contains",
        _("contains"),
        _T,
        ONE,
        "strpos({x}, {v}) > 0",
        _("{field} contains {value}"),
    ),
    _value(
        "not_contains",
        _("does not contain"),
        _T,
        ONE,
        "",
        _("{field} does not contain {value}"),
        negates="contains",
    ),
    _value(
        "starts_with",
        _("starts with"),
        _T,
        ONE,
        "starts_with({x}, {v})",
        _("{field} starts with {value}"),
    ),
    _value(
        "ends_with",
        _("ends with"),
        _T,
        ONE,
        "right({x}, length({v})) = {v}",
        _("{field} ends with {value}"),
    ),
    _value(
        "regex",
        _("matches the pattern"),
        _T,
        PATTERN,
        "{raw} ~* {v}",
        _("{field} matches the pattern {value}"),
    ),
    _value(
        "not_empty", _("has a value"), STORED, NONE, "{x} IS NOT NULL", _("{field} has a value")
    ),
    _value(
        "empty",
        _("has no value"),
        STORED,
        NONE,
        "",
        _("{field} has no value"),
        negates="not_empty",
    ),
    _value("has", _("includes"), frozenset({LIST}), MANY, _HAS, _("{field} includes {value}")),
    _value(
        "has_not",
        _("does not include"),
        frozenset({LIST}),
        MANY,
        "",
        _("{field} does not include {value}"),
        negates="has",
    ),
    _value("before", _("is before"), _D, ONE, "{x} < {v}", _("{field} is before {value}")),
    _value("after", _("is after"), _D, ONE, "{x} > {v}", _("{field} is after {value}")),
    _value(
        "within_last",
        _("is within the last"),
        _D,
        SPAN,
        "{x} > {since} AND {x} <= {today}",
        _("{field} is within the last {value}"),
    ),
    _value(
        "not_within_last",
        _("is not within the last"),
        _D,
        SPAN,
        "",
        _("{field} is not within the last {value}"),
        negates="within_last",
    ),
    _value(
        "within_next",
        _("is within the next"),
        _D,
        SPAN,
        "{x} >= {today} AND {x} < {until}",
        _("{field} is within the next {value}"),
    ),
    _value("given", _("is given"), _C, NONE, "{x}", _("{field} is given")),
    _value(
        "not_given", _("is not given"), _C, NONE, "", _("{field} is not given"), negates="given"
    ),
    _counted(
        "count_gte",
        _("at least … times"),
        COUNT,
        "{n} >= {v}",
        _("{field}: at least {value} times {window}"),
        ordered=True,
    ),
    _counted(
        "count_gt",
        _("more than … times"),
        COUNT,
        "{n} > {v}",
        _("{field}: more than {value} times {window}"),
        ordered=True,
    ),
    _counted(
        "count_lte",
        _("at most … times"),
        COUNT,
        "{n} <= {v}",
        _("{field}: at most {value} times {window}"),
    ),
    _counted(
        "count_lt",
        _("fewer than … times"),
        COUNT,
        "{n} < {v}",
        _("{field}: fewer than {value} times {window}"),
    ),
    _counted(
        "count_eq",
        _("exactly … times"),
        COUNT,
        "{n} = {v}",
        _("{field}: exactly {value} times {window}"),
    ),
    _counted(
        "did",
        _("happened"),
        NONE,
        "{n} > 0",
        _("{field}: happened {window}"),
        ordered=True,
    ),
    _counted(
        "did_not",
        _("did not happen"),
        NONE,
        "{n} = 0",
        _("{field}: did not happen {window}"),
    ),
    _counted(
        "sum_gte",
        _("sum is at least"),
        AMOUNT,
        "{sum} >= {v}",
        _("{field}: sum at least {value} {window}"),
        ordered=True,
    ),
    _counted(
        "sum_gt",
        _("sum is more than"),
        AMOUNT,
        "{sum} > {v}",
        _("{field}: sum more than {value} {window}"),
        ordered=True,
    ),
    _counted(
        "sum_lt",
        _("sum is less than"),
        AMOUNT,
        "{sum} < {v}",
        _("{field}: sum less than {value} {window}"),
    ),
    _counted(
        "sum_lte",
        _("sum is at most"),
        AMOUNT,
        "{sum} <= {v}",
        _("{field}: sum at most {value} {window}"),
    ),
    _dated(
        "last_within",
        _("last time within"),
        "{last} > {since}",
        _("{field}: last time within {value}"),
        _LAST,
    ),
    _dated(
        "last_before",
        _("last time longer ago than"),
        "{last} <= {since}",
        _("{field}: last time longer ago than {value}"),
        _LAST,
    ),
    _dated(
        "first_within",
        _("first time within"),
        "{first} > {since}",
        _("{field}: first time within {value}"),
        _FIRST,
    ),
    _dated(
        "first_before",
        _("first time longer ago than"),
        "{first} <= {since}",
        _("{field}: first time longer ago than {value}"),
        _FIRST,
    ),
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({row.key: row for row in ROWS})
"""Key to row."""


def operators_for(type_: str) -> tuple[Operator, ...]:
    """The rows that accept fields of a type, in the order of the table."""
    return tuple(row for row in ROWS if type_ in row.types)
