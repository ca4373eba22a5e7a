"""Exit: the run leaves the journey here, with a reason of the author's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.journeys.types import Batch, Complaint, Ended, Kind, Refs, Result, Settings


class Exit(Settings, frozen=True):
    """``reason`` stands in the balance of the journey."""

    reason: Annotated[
        str, Meta(description="By which results are counted, up to 30 characters.")
    ] = "step"


def check(settings: Exit, _refs: Refs) -> Iterable[Complaint]:
    """The reason is a short word, because results are counted by it."""
    if not 0 < len(settings.reason) <= 30:
        yield "reason", "a reason has 1 to 30 characters"


def describe(settings: Exit) -> str:
    """The step as a sentence."""
    return _("Leave the journey (%(reason)s)") % {"reason": settings.reason}


def run(batch: Batch) -> list[Result]:
    """End all of them with the author's reason."""
    settings = batch.node.settings
    assert isinstance(settings, Exit), "the registry pairs kinds with their settings"
    return [Ended(batch.runs, "exit", settings.reason)]


KIND = Kind(
    key="exit",
    about="Ends the run with a `reason` by which results are counted.",
    settings=Exit,
    describe=describe,
    run=run,
    check=check,
    last=True,
)
