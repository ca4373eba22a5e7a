"""The lines and their stages, ready to be compiled."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.rules.types import Rule

WON, LOST, DISQUALIFIED = "won", "lost", "disqualified"
"""How a lead can end; "" while it is open."""

PROPOSE = "propose"
"""``StageSpec.automatic``: the rule only proposes leads."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A stage. ``rule`` is None where no rule moves leads into it, or the rule is broken;
    ``gate`` is what must hold besides; with ``propose``, the rule only proposes leads."""

    id: int
    key: str
    name: str
    rank: int
    kind: str = "open"
    rule: Rule | None = None
    gate: Rule | None = None
    propose: bool = False

    @property
    def outcome(self) -> str:
        """What a lead is once it stands here: won, lost, or open ("")."""
        return self.kind if self.kind in (WON, LOST) else ""


@dataclass(frozen=True, slots=True)
class UnfitSpec:
    """A reason by whose rule leads are disqualified (L12)."""

    id: int
    name: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class LineSpec:
    """A line with its live stages by rank; leads begin in the first.

    In the ``default`` line everybody known has a lead, and visitors stand in the first
    stage without one; in another line ``entry`` makes leads, where it is set.
    """

    id: int
    stages: tuple[StageSpec, ...]
    key: str = ""
    default: bool = True
    entry: Rule | None = None
    unfit: tuple[UnfitSpec, ...] = ()

    @property
    def first(self) -> StageSpec:
        """Where leads begin that no rule moves."""
        return self.stages[0]

    def stage(self, stage_id: int) -> StageSpec | None:
        """The stage with that id; None where it is archived or of another line."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def path(self, stage_id: int) -> str:
        """How a stage is named in events and journeys: its key, in other lines than the
        default one ``line/stage``; "" where it is archived."""
        found = self.stage(stage_id)
        if found is None:
            return ""
        return found.key if self.default else f"{self.key}/{found.key}"
