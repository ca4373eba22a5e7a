"""Rules in words: the sentence shown to people, from the operator table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.rules import types
from trellis.rules.operators import OPERATORS
from trellis.rules.registry import Field
from trellis.rules.types import EventRef, Leaf, Rule, Span, Value


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
    words = str(operator.sentence).format(
        field=field_words(leaf, fields),
        value=value_words(leaf.value, leaf, fields),
        window=window_words(leaf.within),
    )
    if leaf.not_since:
        words += _(", and not since then: %(signal)s") % {
            "signal": _signal_words(leaf.not_since, fields)
        }
    if leaf.after:
        words += _(", after: %(signal)s") % {"signal": _signal_words(leaf.after, fields)}
    return " ".join(words.split())


def field_words(leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """The label of what a leaf reads."""
    if leaf.event is not None:
        return event_words(leaf.event)
    field = fields.get(leaf.field)
    label = str(field.label) if field is not None else leaf.field
    return f"{label} ({leaf.channel})" if leaf.channel else label


def event_words(event: EventRef) -> str:
    """An inline event with its filter."""
    if event.filter is None or types.is_empty(event.filter):
        return f"“{event.name}”"
    keys = types.fields_of(event.filter)
    props = {
        key: Field(key=key, label=key.removeprefix("prop."), type=types.ANY) for key in keys
    }
    return _("“%(name)s” with %(filter)s") % {
        "name": event.name,
        "filter": _node(event.filter, props, top=True),
    }


def value_words(value: Value, leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """A value as people write it."""
    if isinstance(value, tuple):
        joiner = _(" and ") if leaf.op == "between" else _(" or ")
        return joiner.join(value_words(item, leaf, fields) for item in value)
    if value is None:
        return ""
    if isinstance(value, Span):
        return span_words(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        plain = int(value) if value == value.to_integral_value() else value
        return str(formats.localize(plain, use_l10n=True))
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    choice = fields[leaf.field].choice(value) if leaf.field in fields else None
    return f"“{choice.label}”" if choice is not None else f"“{value}”"


def window_words(span: Span | None) -> str:
    """A window as people say it, "" where there is none."""
    return "" if span is None else _("within the last %(span)s") % {"span": span_words(span)}


def span_words(span: Span) -> str:
    """A length of time."""
    if span.unit == "day":
        return ngettext("%(n)s day", "%(n)s days", span.n) % {"n": span.n}
    if span.unit == "week":
        return ngettext("%(n)s week", "%(n)s weeks", span.n) % {"n": span.n}
    return ngettext("%(n)s month", "%(n)s months", span.n) % {"n": span.n}


def _signal_words(key: str, fields: Mapping[str, Field]) -> str:
    field = fields.get(f"signal.{key}")
    return str(field.label) if field is not None else key
