"""Jump: go on at another step, a bounded number of times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.journeys.types import Batch, Complaint, Kind, Passed, Refs, Result, Settings

MOST = 1_000


class Jump(Settings, frozen=True):
    """``to``: a step's id; ``times``: how often a run may take the jump (then it goes on
    to the next step)."""

    to: Annotated[str, Meta(description="Id of the step to go on at.")]
    times: Annotated[int, Meta(description="How often a run may take the jump, 1 to 1000.")] = (
        10
    )


def check(settings: Jump, refs: Refs) -> Iterable[Complaint]:
    """The step must exist, and the loop must end."""
    if settings.to not in refs.steps:
        yield "to", f"there is no step '{settings.to}'"
    if not 1 <= settings.times <= MOST:
        yield "times", f"1 to {MOST}"


def describe(settings: Jump) -> str:
    """The step as a sentence."""
    return _("Go to “%(step)s”, at most %(times)d times") % {
        "step": settings.to,
        "times": settings.times,
    }


def run(batch: Batch) -> list[Result]:
    """Send those back who have not used up the jump."""
    settings = batch.node.settings
    assert isinstance(settings, Jump), "the registry pairs kinds with their settings"
    again, through = [], []
    for run in batch.runs:
        taken = run.visits.get(run.step, 0)
        if taken < settings.times:
            run.visits = {**run.visits, run.step: taken + 1}
            again.append(run)
        else:
            through.append(run)
    results: list[Result] = [
        Passed(again, "jumped", settings.to, to=settings.to),
        Passed(through, "used_up", "times"),
    ]
    return [result for result in results if result.runs]


KIND = Kind(
    key="jump",
    about="Goes on at step `to`, for each run at most `times` times; then at the next step.",
    settings=Jump,
    describe=describe,
    run=run,
    check=check,
    leads_to=lambda settings: str(settings.to),
)
