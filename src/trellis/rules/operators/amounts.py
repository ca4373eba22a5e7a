"""Operators over the property that a signal keeps (``value_prop``): its sum, average, greatest
and smallest number, and its first and last value, within a window."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.rules.operators.types import AMOUNT, MANY, ONE, Operator, both
from trellis.rules.types import SIGNAL

_MADE = _("{field}: {actual} {window}")
_MAX = _("{field}: greatest value {actual} {window}")
_MIN = _("{field}: smallest value {actual} {window}")
_LATEST = _("{field}: last value {actual} {window}")
_EARLIEST = _("{field}: first value {actual} {window}")


def _row(
    key: str,
    label: Promise,
    sql: str,
    sentence: Promise,
    explanation: Promise = _MADE,
    *,
    value: str = AMOUNT,
    ordered: bool = False,
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=frozenset({SIGNAL}),
        value=value,
        sql=sql,
        sentence=sentence,
        explanation=explanation,
        windowed=True,
        ordered=ordered,
        valued=True,
    )


AMOUNTS: tuple[Operator, ...] = (
    _row(
        "sum_gte",
        _("sum is at least"),
        "{sum} >= {v}",
        _("{field}: sum at least {value} {window}"),
        ordered=True,
    ),
    _row(
        "sum_gt",
        _("sum is more than"),
        "{sum} > {v}",
        _("{field}: sum more than {value} {window}"),
        ordered=True,
    ),
    _row(
        "sum_lt",
        _("sum is less than"),
        "{sum} < {v}",
        _("{field}: sum less than {value} {window}"),
    ),
    _row(
        "sum_lte",
        _("sum is at most"),
        "{sum} <= {v}",
        _("{field}: sum at most {value} {window}"),
    ),
    _row(
        "avg_gte",
        _("average is at least"),
        "{avg} >= {v}",
        _("{field}: average at least {value} {window}"),
    ),
    _row(
        "avg_lte",
        _("average is at most"),
        "{avg} <= {v}",
        _("{field}: average at most {value} {window}"),
    ),
    _row(
        "max_gte",
        _("greatest value is at least"),
        "{max} >= {v}",
        _("{field}: greatest value at least {value} {window}"),
        _MAX,
        ordered=True,
    ),
    _row(
        "max_gt",
        _("greatest value is more than"),
        "{max} > {v}",
        _("{field}: greatest value more than {value} {window}"),
        _MAX,
        ordered=True,
    ),
    _row(
        "max_lt",
        _("greatest value is less than"),
        "{max} < {v}",
        _("{field}: greatest value less than {value} {window}"),
        _MAX,
    ),
    _row(
        "max_lte",
        _("greatest value is at most"),
        "{max} <= {v}",
        _("{field}: greatest value at most {value} {window}"),
        _MAX,
    ),
    _row(
        "min_gte",
        _("smallest value is at least"),
        "{min} >= {v}",
        _("{field}: smallest value at least {value} {window}"),
        _MIN,
    ),
    _row(
        "min_gt",
        _("smallest value is more than"),
        "{min} > {v}",
        _("{field}: smallest value more than {value} {window}"),
        _MIN,
    ),
    _row(
        "min_lt",
        _("smallest value is less than"),
        "{min} < {v}",
        _("{field}: smallest value less than {value} {window}"),
        _MIN,
        ordered=True,
    ),
    _row(
        "min_lte",
        _("smallest value is at most"),
        "{min} <= {v}",
        _("{field}: smallest value at most {value} {window}"),
        _MIN,
        ordered=True,
    ),
    *both(
        _row(
            "latest_in",
            _("last value is"),
            "{latest} = ANY({v})",
            _("{field}: last value {value} {window}"),
            _LATEST,
            value=MANY,
            ordered=True,
        ),
        "latest_not_in",
        _("last value is not"),
        _("{field}: last value not {value} {window}"),
    ),
    _row(
        "latest_contains",
        _("last value contains"),
        "strpos({latest}, {v}) > 0",
        _("{field}: last value contains {value} {window}"),
        _LATEST,
        value=ONE,
        ordered=True,
    ),
    _row(
        "latest_gte",
        _("last value is at least"),
        "{latest} >= {v}",
        _("{field}: last value at least {value} {window}"),
        _LATEST,
        ordered=True,
    ),
    _row(
        "latest_lte",
        _("last value is at most"),
        "{latest} <= {v}",
        _("{field}: last value at most {value} {window}"),
        _LATEST,
        ordered=True,
    ),
    *both(
        _row(
            "earliest_in",
            _("first value is"),
            "{earliest} = ANY({v})",
            _("{field}: first value {value} {window}"),
            _EARLIEST,
            value=MANY,
        ),
        "earliest_not_in",
        _("first value is not"),
        _("{field}: first value not {value} {window}"),
    ),
    _row(
        "earliest_contains",
        _("first value contains"),
        "strpos({earliest}, {v}) > 0",
        _("{field}: first value contains {value} {window}"),
        _EARLIEST,
        value=ONE,
    ),
    _row(
        "earliest_gte",
        _("first value is at least"),
        "{earliest} >= {v}",
        _("{field}: first value at least {value} {window}"),
        _EARLIEST,
    ),
    _row(
        "earliest_lte",
        _("first value is at most"),
        "{earliest} <= {v}",
        _("{field}: first value at most {value} {window}"),
        _EARLIEST,
    ),
)
"""Key, label, SQL, sentence, explanation; the shape of the value where it is no number."""
