"""Score models, ready to be compiled."""

from __future__ import annotations

from collections.abc import Mapping
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

    @classmethod
    def read(cls, data: Mapping[str, list[int]]) -> Grades:
        """The borders as stored, or the default ones."""
        default = cls()
        fit = data.get("fit") or default.fit
        engagement = data.get("engagement") or default.engagement
        return cls((int(fit[0]), int(fit[1])), (int(engagement[0]), int(engagement[1])))


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
    group: str = ""


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """Rules of one bucket that together give ``limit`` points at most, of either sign."""

    key: str
    name: str
    bucket: str
    limit: int


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A score model. The ``default`` one fills the standing, others the table ``score``.
    ``least`` and ``most`` limit the total. ``broken`` says why it cannot be computed; ""
    where it can."""

    id: int
    warm_from: int
    hot_from: int
    rules: tuple[RuleSpec, ...]
    caps: dict[str, int] = field(default_factory=dict)
    grades: Grades = Grades()
    broken: str = ""
    key: str = "default"
    default: bool = True
    groups: tuple[GroupSpec, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Part of the score (a bucket, ``score``, ``temperature``, ``grade``) to where it
        is stored, over the aliases of the compiler's frame."""
        parts = (*BUCKETS, "score", "temperature", "grade")
        if self.default:
            return {part: f"s.{part}" for part in parts}
        return {part: self._stored(part) for part in parts}

    def _stored(self, part: str) -> str:
        found = (
            f"SELECT x.{part} FROM score x"
            f" WHERE x.contact_id = c.contact_id AND x.model_id = {int(self.id)}"
        )
        return f"coalesce(({found}), {self.zero(part)})"

    def zero(self, part: str) -> str:
        """SQL of what counts where nothing was written about a contact: no points."""
        if part == "temperature":
            return "'cold'"
        if part != "grade":
            return "0"
        fit = "C" if self.grades.fit[1] > 0 else "B" if self.grades.fit[0] > 0 else "A"
        one, two = self.grades.engagement
        return f"'{fit}{3 if two > 0 else 2 if one > 0 else 1}'"
