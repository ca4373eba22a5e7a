"""Operators over behaviour and consent."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.rules.operators.types import COUNT, COUNTS, NONE, SPAN, WINDOW, Operator, both
from trellis.rules.types import CONSENT, SIGNAL

_SIGNAL = frozenset({SIGNAL})
_CONSENT = frozenset({CONSENT})
_DID = _("{field}: {actual} {window}")
_LAST = _("{field}: last on {actual}")
_FIRST = _("{field}: first on {actual}")


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
        types=_SIGNAL,
        value=value,
        sql=sql,
        sentence=sentence,
        explanation=_DID,
        windowed=True,
        ordered=ordered,
    )


def _dated(
    key: str, label: Promise, value: str, sql: str, sentence: Promise, explanation: Promise
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=_SIGNAL,
        value=value,
        sql=sql,
        sentence=sentence,
        explanation=explanation,
        ordered=key in ("last_within", "last_during"),
    )


BEHAVIOUR: tuple[Operator, ...] = (
    *both(
        Operator(
            key="given",
            label=_("is given"),
            types=_CONSENT,
            value=NONE,
            sql="{x}",
            sentence=_("{field} is given"),
        ),
        "not_given",
        _("is not given"),
        _("{field} is not given"),
    ),
    Operator(
        key="withdrawn",
        label=_("was withdrawn or refused"),
        types=_CONSENT,
        value=NONE,
        sql="NOT {x}",
        sentence=_("{field} was withdrawn or refused"),
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
        "count_between",
        _("between … and … times"),
        COUNTS,
        "{n} BETWEEN {lo} AND {hi}",
        _("{field}: between {value} times {window}"),
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
        "days_gte",
        _("on at least … different days"),
        COUNT,
        "{days} >= {v}",
        _("{field}: on at least {value} different days {window}"),
        ordered=True,
    ),
    _counted(
        "days_lte",
        _("on at most … different days"),
        COUNT,
        "{days} <= {v}",
        _("{field}: on at most {value} different days {window}"),
    ),
    _dated(
        "last_within",
        _("last time within"),
        SPAN,
        "{last} > {since}",
        _("{field}: last time within {value}"),
        _LAST,
    ),
    _dated(
        "last_before",
        _("last time longer ago than"),
        SPAN,
        "{last} <= {since}",
        _("{field}: last time longer ago than {value}"),
        _LAST,
    ),
    _dated(
        "last_during",
        _("last time in"),
        WINDOW,
        "{last} BETWEEN {lo} AND {hi}",
        _("{field}: last time {value}"),
        _LAST,
    ),
    _dated(
        "first_within",
        _("first time within"),
        SPAN,
        "{first} > {since}",
        _("{field}: first time within {value}"),
        _FIRST,
    ),
    _dated(
        "first_before",
        _("first time longer ago than"),
        SPAN,
        "{first} <= {since}",
        _("{field}: first time longer ago than {value}"),
        _FIRST,
    ),
    _dated(
        "first_during",
        _("first time in"),
        WINDOW,
        "{first} BETWEEN {lo} AND {hi}",
        _("{field}: first time {value}"),
        _FIRST,
    ),
    Operator(
        key="followed",
        label=_("was followed within … by"),
        types=_SIGNAL,
        value=SPAN,
        sentence=_("{field} {window}: followed within {value} by {other}"),
        explanation=_("{field}: last followed on {actual}"),
        windowed=True,
        paired=True,
        renounced=True,
    ),
    Operator(
        key="not_followed",
        label=_("was not followed within … by"),
        types=_SIGNAL,
        value=SPAN,
        sentence=_("{field} {window}: not followed within {value} by {other}"),
        explanation=_("{field}: last left without on {actual}"),
        windowed=True,
        paired=True,
    ),
)
"""Key, label, shape of the value, SQL, sentence. The two about a sequence have their SQL in
``rules.sequences``."""
