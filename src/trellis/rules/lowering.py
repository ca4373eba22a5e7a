"""Turns behaviour named inline into signals, so that no rule ever scans events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trellis.rules.types import EventRef, Group, Leaf, Rule, leaves

EnsureSignal = Callable[[EventRef], str]
"""Finds or makes the signal of an inline event; returns its key."""


def is_lowered(rule: Rule) -> bool:
    """Whether no leaf names behaviour inline."""
    return all(leaf.event is None for leaf in leaves(rule))


def lower(rule: Rule, ensure_signal: EnsureSignal) -> Rule:
    """The same rule with ``signal.<key>`` in place of each inline event."""
    if isinstance(rule, Group):
        return replace(rule, parts=tuple(lower(part, ensure_signal) for part in rule.parts))
    return _lower_leaf(rule, ensure_signal)


def _lower_leaf(leaf: Leaf, ensure_signal: EnsureSignal) -> Leaf:
    if leaf.event is None:
        return leaf
    return replace(leaf, field=f"signal.{ensure_signal(leaf.event)}", event=None)
