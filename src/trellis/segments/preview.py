"""A rule before it is saved: what it says, how many it finds, and some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.events.behaviour import read_draft
from trellis.rules import registry
from trellis.rules.look import Count, look
from trellis.rules.words import sentence


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A rule before it is saved: in words, how many it holds for, and some of them. An
    estimate comes from ``looked`` contacts picked at random."""

    sentence: str
    count: Count
    looked: int
    contact_ids: tuple[int, ...]

    @property
    def low(self) -> int:
        """The least that an estimate leaves likely."""
        return max(len(self.contact_ids), self.count.n - self.count.margin)

    @property
    def high(self) -> int:
        """The most that an estimate leaves likely."""
        return min(self.count.total, self.count.n + self.count.margin)

    @property
    def bound(self) -> int:
        """What the number is most likely below, where too few were seen to name one; 0
        elsewhere."""
        seen_few = self.count.n <= self.count.margin
        return 0 if self.count.exact or not seen_few else _round(self.high)

    @property
    def shown(self) -> int:
        """The count; an estimate with no more digits than it is worth."""
        return self.count.n if self.count.exact else _round(self.count.n)


def _round(n: int) -> int:
    """A number with its first two or three digits."""
    return n if n < 100 else round(n, 2 - len(str(n)) + (len(str(n)) > 3))


def preview(
    actor: Actor, rule: Mapping[str, Any], now: datetime, *, level: int | None = None
) -> Preview:
    """Look at a rule without saving it. Raises ``RuleError``, and ``NotCounted`` where it
    names behaviour that no signal counts yet."""
    require(actor, "segments.read")
    parsed = read_draft(rule, level=level)
    fields = registry.snapshot()
    found = look(parsed, now, fields)
    return Preview(
        sentence=sentence(parsed, fields),
        count=found.count,
        looked=found.looked,
        contact_ids=found.contact_ids,
    )
