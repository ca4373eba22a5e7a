"""The stages of a line, ready to be compiled."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.rules.types import Rule


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A stage. ``rule`` is None where no rule moves leads into it, or the rule is broken."""

    id: int
    key: str
    name: str
    rank: int
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class LineSpec:
    """The default line with its stages by rank; the first is where everybody begins."""

    id: int
    stages: tuple[StageSpec, ...]

    @property
    def first(self) -> StageSpec:
        """Where everybody begins: anonymous visitors, and new leads that no rule moves."""
        return self.stages[0]

    def stage(self, stage_id: int) -> StageSpec | None:
        """The stage with that id; None where it is archived or of another line."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def key_of(self, stage_id: int) -> str:
        """The key of a stage, "" where it is archived."""
        found = self.stage(stage_id)
        return "" if found is None else found.key
