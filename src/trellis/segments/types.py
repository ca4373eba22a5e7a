"""Segments as rules, ready to be compiled."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.rules.types import Rule


@dataclass(frozen=True, slots=True)
class SegmentSpec:
    """A dynamic segment. ``reads`` are the ids of the segments its rule names; until it is
    ``built`` for the first time, members enter silently. ``version`` is that of its rule."""

    id: int
    key: str
    name: str
    rule: Rule
    reads: frozenset[int]
    built: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Broken:
    """A segment that cannot be derived, and why."""

    id: int
    why: str
