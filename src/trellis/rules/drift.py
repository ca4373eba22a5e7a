"""What the mere passing of days can do to a rule's answer."""

from __future__ import annotations

from trellis.rules.types import Group, Rule, Span, moves

_ENDS = frozenset(
    {
        *("count_gte", "count_gt", "did", "days_gte", "last_within", "first_within"),
        *("followed", "max_gte", "max_gt", "min_lte", "min_lt"),
        *("latest_in", "latest_contains", "latest_gte", "latest_lte"),
    }
)
_BEGINS = frozenset(
    {
        *("count_lte", "count_lt", "did_not", "days_lte", "last_before", "first_before"),
        "latest_not_in",
    }
)
"""Operators of behaviour that days can only make false, or only true, while nothing is
done: counts within a window only fall (sums may rise, where values are negative), the
greatest value only falls, the smallest only rises, and the last stays until it leaves."""


def only_ends(rule: Rule) -> bool:
    """Whether the rule can only stop holding as days pass, never begin to hold."""
    return _goes(rule, _ENDS, _BEGINS)


def _goes(rule: Rule, allowed: frozenset[str], opposite: frozenset[str]) -> bool:
    if isinstance(rule, Group):
        if rule.kind == "none":
            allowed, opposite = opposite, allowed
        return all(_goes(part, allowed, opposite) for part in rule.parts)
    if not moves(rule):
        return True
    plain = rule.within is None or isinstance(rule.within, Span)
    return plain and rule.held is None and rule.op in allowed
