"""Operators over values: texts, numbers, choices, lists."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trellis.rules.operators.types import (
    LISTED,
    MANY,
    NONE,
    ONE,
    ORDERED,
    PAIR,
    PATTERN,
    PLAIN,
    SHARE,
    STORED,
    WILD,
    Operator,
    both,
)
from trellis.rules.types import CHOICE, CHOICES, LIST, RANDOM, SEGMENT, TEXT

_TEXT = frozenset({TEXT})
_LISTS = frozenset({LIST, CHOICES})
_EACH = (
    "SELECT 1 FROM jsonb_array_elements_text({x}) AS item (v) WHERE lower(normalize(item.v))"
)

VALUES: tuple[Operator, ...] = (
    *both(
        Operator(
            key="eq",
            label=_("is"),
            types=PLAIN,
            value=ONE,
            sql="{x} = {v}",
            sentence=_("{field} is {value}"),
        ),
        "ne",
        _("is not"),
        _("{field} is not {value}"),
    ),
    Operator(
        key="gt",
        label=_("is more than"),
        types=ORDERED,
        value=ONE,
        sql="{x} > {v}",
        sentence=_("{field} is more than {value}"),
        date_label=_("is after"),
        date_sentence=_("{field} is after {value}"),
    ),
    Operator(
        key="gte",
        label=_("is at least"),
        types=ORDERED,
        value=ONE,
        sql="{x} >= {v}",
        sentence=_("{field} is at least {value}"),
        date_label=_("is on or after"),
        date_sentence=_("{field} is on or after {value}"),
    ),
    Operator(
        key="lt",
        label=_("is less than"),
        types=ORDERED,
        value=ONE,
        sql="{x} < {v}",
        sentence=_("{field} is less than {value}"),
        date_label=_("is before"),
        date_sentence=_("{field} is before {value}"),
    ),
    Operator(
        key="lte",
        label=_("is at most"),
        types=ORDERED,
        value=ONE,
        sql="{x} <= {v}",
        sentence=_("{field} is at most {value}"),
        date_label=_("is on or before"),
        date_sentence=_("{field} is on or before {value}"),
    ),
    *both(
        Operator(
            key="between",
            label=_("is between"),
            types=ORDERED,
            value=PAIR,
            sql="{x} BETWEEN {lo} AND {hi}",
            sentence=_("{field} is between {value}"),
        ),
        "not_between",
        _("is not between"),
        _("{field} is not between {value}"),
    ),
    *both(
        Operator(
            key="in",
            label=_("is one of"),
            types=LISTED | {SEGMENT},
            value=MANY,
            sql="{x} = ANY({v})",
            sentence=_("{field} is {value}"),
        ),
        "not_in",
        _("is none of"),
        _("{field} is not {value}"),
    ),
    *both(
        Operator(
            key="contains",
            label=_("contains"),
            types=_TEXT,
            value=ONE,
            sql="strpos({x}, {v}) > 0",
            sentence=_("{field} contains {value}"),
        ),
        "not_contains",
        _("does not contain"),
        _("{field} does not contain {value}"),
    ),
    *both(
        Operator(
            key="contains_any",
            label=_("contains one of"),
            types=_TEXT,
            value=MANY,
            sql="EXISTS (SELECT 1 FROM unnest({v}) AS item (v) WHERE strpos({x}, item.v) > 0)",
            sentence=_("{field} contains {value}"),
        ),
        "contains_none",
        _("contains none of"),
        _("{field} does not contain {value}"),
    ),
    *both(
        Operator(
            key="starts_with",
            label=_("starts with"),
            types=_TEXT,
            value=ONE,
            sql="starts_with({x}, {v})",
            sentence=_("{field} starts with {value}"),
        ),
        "not_starts_with",
        _("does not start with"),
        _("{field} does not start with {value}"),
    ),
    *both(
        Operator(
            key="ends_with",
            label=_("ends with"),
            types=_TEXT,
            value=ONE,
            sql="right({x}, length({v})) = {v}",
            sentence=_("{field} ends with {value}"),
        ),
        "not_ends_with",
        _("does not end with"),
        _("{field} does not end with {value}"),
    ),
    *both(
        Operator(
            key="like",
            label=_("is like (* and ?)"),
            types=_TEXT,
            value=WILD,
            sql="{x} LIKE {v}",
            sentence=_("{field} is like {value}"),
        ),
        "not_like",
        _("is not like (* and ?)"),
        _("{field} is not like {value}"),
    ),
    *both(
        Operator(
            key="regex",
            label=_("matches the pattern"),
            types=_TEXT,
            value=PATTERN,
            sql="{raw} ~* {v}",
            sentence=_("{field} matches the pattern {value}"),
        ),
        "not_regex",
        _("does not match the pattern"),
        _("{field} does not match the pattern {value}"),
    ),
    *both(
        Operator(
            key="not_empty",
            label=_("has a value"),
            types=STORED | {CHOICE, CHOICES},
            value=NONE,
            sql="{x} IS NOT NULL",
            sentence=_("{field} has a value"),
        ),
        "empty",
        _("has no value"),
        _("{field} has no value"),
    ),
    *both(
        Operator(
            key="has",
            label=_("includes one of"),
            types=_LISTS,
            value=MANY,
            sql=f"EXISTS ({_EACH} = ANY({{v}}))",
            sentence=_("{field} includes {value}"),
        ),
        "has_not",
        _("includes none of"),
        _("{field} does not include {value}"),
    ),
    Operator(
        key="has_all",
        label=_("includes all of"),
        types=_LISTS,
        value=MANY,
        sql=f"NOT EXISTS (SELECT 1 FROM unnest({{v}}) AS asked (v) WHERE NOT EXISTS ({_EACH} = asked.v))",
        sentence=_("{field} includes all of {value}"),
    ),
    Operator(
        key="has_part",
        label=_("has an entry that contains"),
        types=frozenset({LIST}),
        value=ONE,
        sql="EXISTS (SELECT 1 FROM jsonb_array_elements_text({x}) AS item (v)"
        " WHERE strpos(lower(normalize(item.v)), {v}) > 0)",
        sentence=_("{field} has an entry that contains {value}"),
    ),
    Operator(
        key="in_share",
        label=_("falls within the share"),
        types=frozenset({RANDOM}),
        value=SHARE,
        sql="{x} >= {lo} AND {x} < {hi}",
        sentence=_("{field} falls within {value}"),
    ),
)
"""Key, label, accepted types, shape of the value, SQL, sentence."""
