"""Operators over dates: fixed, relative to today, by the calendar, and every year."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trellis.rules.operators.types import MONTHS, ONE, PERIOD, SPAN, WEEKDAYS, Operator, both
from trellis.rules.types import DATE

_DATE = frozenset({DATE})

DATES: tuple[Operator, ...] = (
    Operator(
        key="before",
        label=_("is before"),
        types=_DATE,
        value=ONE,
        sql="{x} < {v}",
        sentence=_("{field} is before {value}"),
    ),
    Operator(
        key="after",
        label=_("is after"),
        types=_DATE,
        value=ONE,
        sql="{x} > {v}",
        sentence=_("{field} is after {value}"),
    ),
    *both(
        Operator(
            key="within_last",
            label=_("is within the last"),
            types=_DATE,
            value=SPAN,
            sql="{x} > {since} AND {x} <= {today}",
            sentence=_("{field} is within the last {value}"),
        ),
        "not_within_last",
        _("is not within the last"),
        _("{field} is not within the last {value}"),
    ),
    Operator(
        key="within_next",
        label=_("is within the next"),
        types=_DATE,
        value=SPAN,
        sql="{x} >= {today} AND {x} < {until}",
        sentence=_("{field} is within the next {value}"),
    ),
    Operator(
        key="longer_ago",
        label=_("is longer ago than"),
        types=_DATE,
        value=SPAN,
        sql="{x} <= {since}",
        sentence=_("{field} is longer ago than {value}"),
    ),
    Operator(
        key="further_ahead",
        label=_("is further ahead than"),
        types=_DATE,
        value=SPAN,
        sql="{x} >= {until}",
        sentence=_("{field} is further ahead than {value}"),
    ),
    *both(
        Operator(
            key="during",
            label=_("falls in"),
            types=_DATE,
            value=PERIOD,
            sql="{x} BETWEEN {lo} AND {hi}",
            sentence=_("{field} falls in {value}"),
        ),
        "not_during",
        _("does not fall in"),
        _("{field} does not fall in {value}"),
    ),
    Operator(
        key="yearly_on",
        label=_("anniversary is"),
        types=_DATE,
        value=ONE,
        sentence=_("the anniversary of {field} is {value}"),
    ),
    Operator(
        key="yearly_during",
        label=_("anniversary falls in"),
        types=_DATE,
        value=PERIOD,
        sentence=_("the anniversary of {field} falls in {value}"),
    ),
    Operator(
        key="yearly_within_next",
        label=_("anniversary is within the next"),
        types=_DATE,
        value=SPAN,
        sentence=_("the anniversary of {field} is within the next {value}"),
    ),
    Operator(
        key="yearly_within_last",
        label=_("anniversary was within the last"),
        types=_DATE,
        value=SPAN,
        sentence=_("the anniversary of {field} was within the last {value}"),
    ),
    Operator(
        key="weekday_in",
        label=_("falls on"),
        types=_DATE,
        value=WEEKDAYS,
        sql="extract(isodow FROM {x})::int = ANY({v})",
        sentence=_("{field} falls on {value}"),
    ),
    Operator(
        key="month_in",
        label=_("falls in the month"),
        types=_DATE,
        value=MONTHS,
        sql="extract(month FROM {x})::int = ANY({v})",
        sentence=_("{field} falls in {value}"),
    ),
)
"""Key, label, accepted types, shape of the value, SQL, sentence. The yearly ones have their
SQL in ``rules.dates``."""
