"""Goal: the run has reached what the journey is for, and ends."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trellis.journeys.types import Batch, Ended, Kind, Result, Settings


class Goal(Settings, frozen=True):
    """Nothing to set."""


def describe(_settings: Goal) -> str:
    """The step as a sentence."""
    return _("Goal reached")


def run(batch: Batch) -> list[Result]:
    """End all of them at the goal."""
    return [Ended(batch.runs, "goal", "step")]


KIND = Kind(
    key="goal",
    about="Counts the goal of the journey as reached and ends the run.",
    settings=Goal,
    describe=describe,
    run=run,
    last=True,
)
