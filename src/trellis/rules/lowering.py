"""Turns behaviour into signals, so that no rule ever scans events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from trellis.rules.counted import behaviour, keyed_events
from trellis.rules.registry import Field
from trellis.rules.types import EventRef, Group, Leaf, Rule

EnsureSignal = Callable[[EventRef], str]
"""Finds or makes the signal of an inline event; returns its key."""


def lower(rule: Rule, ensure_signal: EnsureSignal, fields: Mapping[str, Field]) -> Rule:
    """The same rule with ``signal.<key>`` in place of each inline event. Behaviour by its
    own name stays as it is; its signal is found or made too."""
    if isinstance(rule, Group):
        parts = tuple(lower(part, ensure_signal, fields) for part in rule.parts)
        return replace(rule, parts=parts)
    return _lower_leaf(rule, ensure_signal, fields)


def _lower_leaf(leaf: Leaf, ensure_signal: EnsureSignal, fields: Mapping[str, Field]) -> Leaf:
    for apart in keyed_events(leaf, fields):
        ensure_signal(apart)
    if leaf.event is not None:
        return replace(leaf, field=f"signal.{ensure_signal(leaf.event)}", event=None)
    named = behaviour(leaf, fields[leaf.field])
    if named is not None:
        ensure_signal(named)
    return leaf
