"""What is learnt, and how well it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FEWEST = 50
"""Won leads, and lost or disqualified ones, below which nothing is learnt: a third is held
back to try it on, and chance would decide the rest."""
AHEAD = (0, 3, 7, 14, 30)
"""How many days before its outcome a lead may be looked at; 0 is the evening before."""

IDLE, TRAINING, READY = "idle", "training", "ready"
REFUSED, STOPPED, FAILED = "refused", "stopped", "failed"
"""States of a predictor; see ``models.Predictor``."""

Key = tuple[str, str]
"""An input: its key and, where it is one of several values or windows, the item."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input with its weight per unit, in log odds, around its ``mean`` among the leads
    it was learnt from. ``absent`` is its value where a contact has nothing of it; values
    beyond ``low`` and ``high``, which training never saw, count as those."""

    key: str
    item: str
    weight: float
    mean: float
    absent: float
    low: float
    high: float
    spread: float = 0.0

    @property
    def strength(self) -> float:
        """By how much it moves a usual lead, in log odds."""
        return abs(self.weight) * self.spread

    def part(self, value: float | None) -> float:
        """What a value adds to the log odds; None: there is nothing of it."""
        seen = self.absent if value is None else value
        return self.weight * (min(self.high, max(self.low, seen)) - self.mean)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well chances tell won leads from others that they were not learnt from.

    ``auc`` within ``low`` and ``high`` in 95 of 100 cases. ``brier`` is the mean square
    distance between chance and outcome, ``flat`` that of giving everybody the same chance.
    ``bins``: (mean chance, share won, leads). ``tenths``: (leads, won), the best first.
    """

    n: int
    won: int
    auc: float
    low: float
    high: float
    brier: float
    flat: float
    bins: Sequence[tuple[float, float, int]] = ()
    tenths: Sequence[tuple[int, int]] = ()

    @property
    def skill(self) -> float:
        """The share of the uncertainty that it takes away; below 0 it does harm."""
        return 1 - self.brier / self.flat if self.flat else 0.0

    @property
    def top(self) -> float:
        """How many times more often the best tenth is won than all are."""
        n, won = self.tenths[0] if self.tenths else (0, 0)
        return (won / n) / (self.won / self.n) if n and self.won else 0.0


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What was learnt: the chance of somebody average as log odds (``base``), the inputs,
    how well it tells on leads held back, and how well the score does on the same ones.

    ``held`` says which those were: ``time`` (the newest) or ``folds`` (each fifth in turn).
    ``ahead`` is the difference of the two areas, right within ``ahead_low`` to
    ``ahead_high`` in 95 of 100 cases."""

    base: float
    inputs: Sequence[Input]
    quality: Quality
    rival: Quality
    held: str
    ahead: float
    ahead_low: float
    ahead_high: float


class Refusal(Exception):
    """Why nothing was learnt: a code of ``words.why`` with its figures."""

    def __init__(self, code: str, facts: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.facts = dict(facts or {})
        super().__init__(code)

    @property
    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        return {"code": self.code, **self.facts}


def stored(inputs: Sequence[Input]) -> list[dict[str, Any]]:
    """Inputs as JSON."""
    return [asdict(one) for one in inputs]


def read(rows: Sequence[Mapping[str, Any]]) -> list[Input]:
    """Inputs as stored."""
    return [Input(**row) for row in rows]


def quality(row: Mapping[str, Any]) -> Quality:
    """A quality as stored."""
    names = Quality.__dataclass_fields__
    return Quality(**{name: value for name, value in row.items() if name in names})
