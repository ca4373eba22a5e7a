"""Rules in words: the sentence shown to people, from the operator table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils import formats
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trellis.rules import private, types
from trellis.rules.operators import OPERATORS
from trellis.rules.registry import Field
from trellis.rules.types import (
    Day,
    EventRef,
    Leaf,
    Moment,
    Period,
    Range,
    Rule,
    Scalar,
    Span,
    Value,
    Window,
)

NEAR_WORDS = {
    0: gettext_lazy("today"),
    -1: gettext_lazy("yesterday"),
    1: gettext_lazy("tomorrow"),
}

PERIOD_WORDS = {
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    "tomorrow": gettext_lazy("tomorrow"),
    "this_week": gettext_lazy("this week"),
    "last_week": gettext_lazy("last week"),
    "next_week": gettext_lazy("next week"),
    "this_month": gettext_lazy("this month"),
    "last_month": gettext_lazy("last month"),
    "next_month": gettext_lazy("next month"),
    "this_quarter": gettext_lazy("this quarter"),
    "last_quarter": gettext_lazy("last quarter"),
    "next_quarter": gettext_lazy("next quarter"),
    "this_year": gettext_lazy("this year"),
    "last_year": gettext_lazy("last year"),
    "next_year": gettext_lazy("next year"),
}
"""How periods are said, in a list and in a sentence."""

ANCHOR_WORDS = {
    "today": gettext_lazy("today"),
    "week_start": gettext_lazy("the first day of this week"),
    "week_end": gettext_lazy("the last day of this week"),
    "month_start": gettext_lazy("the first day of this month"),
    "month_end": gettext_lazy("the last day of this month"),
    "quarter_start": gettext_lazy("the first day of this quarter"),
    "quarter_end": gettext_lazy("the last day of this quarter"),
    "year_start": gettext_lazy("the first day of this year"),
    "year_end": gettext_lazy("the last day of this year"),
}
"""How the anchors of relative days are said."""


def sentence(rule: Rule, fields: Mapping[str, Field]) -> str:
    """The whole rule as one sentence that names every leaf; the empty rule says that it
    holds for nobody."""
    return _("nobody") if types.is_empty(rule) else _node(rule, fields, top=True)


def _node(rule: Rule, fields: Mapping[str, Field], *, top: bool = False) -> str:
    if isinstance(rule, Leaf):
        return leaf_sentence(rule, fields)
    if types.is_empty(rule):
        return _("nobody")
    parts = [_node(part, fields) for part in rule.parts]
    if rule.kind == "all":
        joined = _(" and ").join(parts)
    elif rule.kind == "any":
        joined = _(" or ").join(parts)
    else:
        joined = _("none of: %(parts)s") % {"parts": "; ".join(parts)}
    return joined if top or len(parts) == 1 else f"({joined})"


def leaf_sentence(leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """One condition as a sentence."""
    operator = OPERATORS[leaf.op]
    words = said_words(leaf, leaf.value if leaf.op == "eq" else None, fields)
    words = words or str(operator.sentence_for(leaf.type)).format(
        field=field_words(leaf, fields),
        value=value_words(leaf.value, leaf, fields),
        window=window_words(leaf.within),
        other=_signal_words(leaf.by, fields),
    )
    if leaf.same:
        words += _(" with the same %(property)s") % {"property": f"“{leaf.same}”"}
    if leaf.not_since:
        words += _(", and not since then: %(signal)s") % {
            "signal": _signal_words(leaf.not_since, fields)
        }
    if leaf.after:
        words += _(", after: %(signal)s") % {"signal": _signal_words(leaf.after, fields)}
    if leaf.held is not None:
        words += _(", for at least %(span)s") % {"span": span_words(leaf.held)}
    if leaf.zone:
        words += _(" (in the time zone of the contact)")
    return " ".join(words.split()).replace(" :", ":").replace(" ,", ",")


def said_words(leaf: Leaf, value: object, fields: Mapping[str, Field]) -> str:
    """How a field says a yes or no of its own; "" where it has no words for it."""
    field = fields.get(leaf.field)
    if field is None or field.said is None or not isinstance(value, bool):
        return ""
    return str(field.said[0] if value else field.said[1])


def field_words(leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """The label of what a leaf reads, with what narrows it."""
    if leaf.event is not None:
        label, prop = event_words(leaf.event), _kept(leaf, None)
        return f"{label} ({prop})" if prop else label
    field = fields.get(leaf.field)
    label = str(field.label) if field is not None else leaf.field
    marks = [leaf.channel, leaf.salt, *_narrow_words(leaf, field), _kept(leaf, field)]
    found = ", ".join(mark for mark in marks if mark)
    return f"{label} ({found})" if found else label


def _kept(leaf: Leaf, field: Field | None) -> str:
    """The property that a leaf looks at; "" where it looks at none."""
    event = leaf.event or (field.event if field is not None else None)
    return event.value_prop if event is not None and OPERATORS[leaf.op].valued else ""


def _narrow_words(leaf: Leaf, field: Field | None) -> list[str]:
    narrows = {narrow.key: narrow for narrow in field.narrows} if field is not None else {}
    words = []
    for key, values in leaf.of:
        if key not in narrows:
            continue
        found = [(narrows[key].choice(value), value) for value in values]
        named = [f"“{choice.label if choice else value}”" for choice, value in found]
        words.append(f"{narrows[key].label}: {_(' or ').join(named)}")
    return words


def event_words(event: EventRef) -> str:
    """An inline event with its filter."""
    if event.filter is None or types.is_empty(event.filter):
        return f"“{event.name}”"
    keys = types.fields_of(event.filter)
    known = private.properties(event.type)
    props = {key: known[key] for key in keys}
    return _("“%(name)s” with %(filter)s") % {
        "name": event.name,
        "filter": _node(event.filter, props, top=True),
    }


def value_words(value: Value, leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """A value as people write it."""
    if isinstance(value, tuple):
        return _many_words(value, leaf, fields)
    if value is None:
        return ""
    if isinstance(value, Span):
        return span_words(value)
    if isinstance(value, Range | Period):
        return window_words(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        plain = int(value) if value == value.to_integral_value() else value
        return str(formats.localize(plain, use_l10n=True))
    if isinstance(value, date | Moment):
        return day_words(value)
    choice = fields[leaf.field].choice(value) if leaf.field in fields else None
    if choice is not None:
        return f"“{choice.label}”"
    return f"“{private.words(str(value), leaf, fields)}”"


def _many_words(value: tuple[Scalar, ...], leaf: Leaf, fields: Mapping[str, Field]) -> str:
    if leaf.op == "weekday_in":
        return _(" or ").join(str(WEEKDAYS[types.WEEKDAYS.index(str(v))]) for v in value)
    if leaf.op == "month_in":
        return _(" or ").join(str(MONTHS[int(str(v))]) for v in value)
    if leaf.op == "in_share":
        low, high = (value_words(item, leaf, fields) for item in value)
        return _("%(low)s to %(high)s %%") % {"low": low, "high": high}
    pair = leaf.op in ("between", "not_between", "count_between", "has_all")
    joiner = _(" and ") if pair else _(" or ")
    return joiner.join(value_words(item, leaf, fields) for item in value)


def window_words(window: Window | None) -> str:
    """A window as people say it, "" where there is none."""
    if window is None:
        return ""
    if isinstance(window, Span):
        return _("within the last %(span)s") % {"span": span_words(window)}
    if isinstance(window, Period):
        return str(PERIOD_WORDS[window.key])
    begin, end = window.begin, window.end
    if begin is None:
        return _("until %(day)s") % {"day": day_words(end)}
    if end is None:
        return _("from %(day)s on") % {"day": day_words(begin)}
    return _("from %(begin)s to %(end)s") % {"begin": day_words(begin), "end": day_words(end)}


def span_words(span: Span) -> str:
    """A length of time."""
    if span.unit == "day":
        return ngettext("%(n)s day", "%(n)s days", span.n) % {"n": span.n}
    if span.unit == "week":
        return ngettext("%(n)s week", "%(n)s weeks", span.n) % {"n": span.n}
    if span.unit == "month":
        return ngettext("%(n)s month", "%(n)s months", span.n) % {"n": span.n}
    return ngettext("%(n)s year", "%(n)s years", span.n) % {"n": span.n}


def day_words(day: Day | None) -> str:
    """A day, fixed or relative to today."""
    if not isinstance(day, Moment):
        return formats.date_format(day, "SHORT_DATE_FORMAT") if day is not None else ""
    span = span_words(Span(abs(day.n), day.unit))
    if day.anchor == "today" and day.unit == "day" and day.n in NEAR_WORDS:
        return str(NEAR_WORDS[day.n])
    if day.anchor == "today":
        said = _("%(span)s ago") if day.n < 0 else _("in %(span)s")
        return said % {"span": span}
    anchor = str(ANCHOR_WORDS[day.anchor])
    if not day.n:
        return anchor
    said = _("%(span)s before %(day)s") if day.n < 0 else _("%(span)s after %(day)s")
    return said % {"span": span, "day": anchor}


def actual_day(text: str) -> str:
    """A day out of the database."""
    return formats.date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")


def _signal_words(key: str, fields: Mapping[str, Field]) -> str:
    field = fields.get(f"signal.{key}")
    return str(field.label) if field is not None else key
