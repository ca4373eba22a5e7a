"""What would make a condition hold for somebody, where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.rules import types
from trellis.rules.explain import Explanation
from trellis.rules.operators import OPERATORS
from trellis.rules.registry import Field
from trellis.rules.types import Leaf, Rule
from trellis.rules.words import value_words, window_words


def remedies(rule: Rule, node: Explanation, fields: Mapping[str, Field]) -> dict[str, Any]:
    """An explanation as JSON, each leaf that does not hold with what it would take."""
    found: dict[str, Any] = {
        "kind": node.kind,
        "holds": node.holds,
        "sentence": node.sentence,
        "actual": node.actual,
        "words": node.words,
        "parts": [],
    }
    if isinstance(rule, Leaf):
        found["remedy"] = "" if node.holds else remedy(rule, node.actual, fields)
    else:
        pairs = zip(rule.parts, node.parts, strict=True)
        found["parts"] = [remedies(part, inner, fields) for part, inner in pairs]
    return found


def remedy(leaf: Leaf, actual: Any, fields: Mapping[str, Field]) -> str:
    """What it would take for a leaf to hold, in words; "" where nothing can be said."""
    number = _number(actual)
    if leaf.type == types.SIGNAL:
        return _valued(leaf, fields) or _behaviour(leaf, number or 0)
    if leaf.type == types.NUMBER and isinstance(leaf.value, Decimal):
        return _compared(leaf, number, float(leaf.value))
    value = value_words(leaf.value, leaf, fields)
    if OPERATORS[leaf.op].negates:
        return _("It holds as soon as that changes.")
    if leaf.op in ("eq", "in", "contains", "starts_with", "ends_with", "has") and value:
        return _("It needs %(value)s.") % {"value": value}
    if leaf.op == "not_empty":
        return _("It needs any value.")
    if leaf.op == "given":
        return _("It needs their consent.")
    return ""


def _valued(leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """What it takes of the values that behaviour has."""
    value = value_words(leaf.value, leaf, fields)
    if leaf.op in ("latest_in", "earliest_in", "latest_contains", "earliest_contains"):
        return _("It needs %(value)s.") % {"value": value}
    if leaf.op in ("max_gte", "max_gt", "latest_gte"):
        return _("It takes a value of %(value)s or more.") % {"value": value}
    if leaf.op in ("min_lte", "min_lt", "latest_lte"):
        return _("It takes a value of %(value)s or less.") % {"value": value}
    return ""


def _behaviour(leaf: Leaf, actual: float) -> str:
    wanted = float(leaf.value) if isinstance(leaf.value, Decimal) else 0.0
    window = window_words(leaf.within)
    if leaf.op in ("count_gte", "count_gt", "count_eq", "did") and actual >= wanted > 0:
        return _("It happened often enough; what came before or after does not fit.")
    if leaf.op in ("count_gte", "count_eq"):
        return _more(wanted - actual, window)
    if leaf.op == "count_gt":
        return _more(wanted + 1 - actual, window)
    if leaf.op in ("did", "last_within", "first_within"):
        return _more(1 - actual if leaf.op == "did" else 1, window)
    if leaf.op.startswith("sum_g"):
        return _("%(n)s more are missing.") % {"n": _plain(wanted - actual)}
    if leaf.op in ("did_not", "count_lt", "count_lte") and leaf.within is not None:
        return _("It holds once enough of them are longer ago.")
    return ""


def _more(n: float, window: str) -> str:
    count = max(1, round(n))
    words = ngettext(
        "%(n)s more time is missing %(window)s",
        "%(n)s more times are missing %(window)s",
        count,
    )
    return f"{(words % {'n': _plain(count), 'window': window}).strip()}."


def _compared(leaf: Leaf, actual: float | None, wanted: float) -> str:
    if actual is None:
        return _("It needs a number.")
    gap = _plain(abs(wanted - actual))
    if leaf.op in ("gt", "gte"):
        return _("%(n)s too few.") % {"n": gap}
    if leaf.op in ("lt", "lte"):
        return _("%(n)s too many.") % {"n": gap}
    return _("It needs %(value)s.") % {"value": _plain(wanted)} if leaf.op == "eq" else ""


def _number(actual: Any) -> float | None:
    good = isinstance(actual, int | float) and not isinstance(actual, bool)
    return float(actual) if good else None


def _plain(number: float) -> str:
    value = int(number) if float(number).is_integer() else round(number, 2)
    return str(formats.localize(value, use_l10n=True))
