"""Score models, ready to be compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

from trellis.rules.types import Rule

BUCKETS = ("demographic", "interest", "engagement")
"""The buckets of a score (S1)."""

COLD = "cold"
WARM = "warm"
HOT = "hot"
TEMPERATURES = (COLD, WARM, HOT)

OCCURRENCE = "occurrence"
VALUE = "value"
"""What the points of a signal rule are given per: each occurrence, or each unit of the
signal's summed property (so that "Points Given" events count what they say)."""

POINTS_LIMIT = 1_000_000
"""A bucket never leaves ±this, so that no rule can overflow the column."""


@dataclass(frozen=True, slots=True)
class Grades:
    """The borders of the grade: fit A and B from these demographic points, engagement 1
    and 2 from these points of interest and engagement together."""

    fit: tuple[int, int] = (20, 10)
    engagement: tuple[int, int] = (40, 15)


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule of a model; see ``models.ScoreRule``. A ``signal_id`` with a ``rule`` gives
    its points only while the rule holds."""

    id: int
    name: str
    bucket: str
    points: int
    rule: Rule | None = None
    signal_id: int | None = None
    per: str = OCCURRENCE
    cap: int | None = None
    window_days: int | None = None
    decay_days: int | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A score model. ``broken`` says why it cannot be computed; "" where it can."""

    id: int
    warm_from: int
    hot_from: int
    rules: tuple[RuleSpec, ...]
    caps: dict[str, int] = field(default_factory=dict)
    grades: Grades = Grades()
    broken: str = ""
