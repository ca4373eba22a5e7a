"""Score: give points, as an event that the score model counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.events import inbox, names
from trellis.journeys.types import Batch, Complaint, Kind, Passed, Refs, Result, Settings

MOST = 1_000


class Score(Settings, frozen=True):
    """``points`` may be negative; ``bucket`` is where they count."""

    points: Annotated[int, Meta(description="-1000 to 1000, not 0.")]
    bucket: Annotated[
        Literal["demographic", "interest", "engagement"], Meta(description="Where they count.")
    ] = "engagement"


def check(settings: Score, _refs: Refs) -> Iterable[Complaint]:
    """Points are not zero and not absurd."""
    if settings.points == 0 or abs(settings.points) > MOST:
        yield "points", f"-{MOST} to {MOST}, not 0"


def describe(settings: Score) -> str:
    """The step as a sentence."""
    return _("Give %(points)+d points (%(bucket)s)") % {
        "points": settings.points,
        "bucket": settings.bucket,
    }


def run(batch: Batch) -> list[Result]:
    """State the points as facts; the next batch counts them."""
    settings = batch.node.settings
    assert isinstance(settings, Score), "the registry pairs kinds with their settings"
    inbox.put(
        [
            inbox.system_fact(
                run.contact_id,
                names.POINTS_GIVEN,
                {
                    "points": settings.points,
                    "bucket": settings.bucket,
                    "reason": f"journey {batch.journey_key}, step {batch.node.id}",
                },
                at=batch.now.timestamp(),
                message_id=f"points-{run.enrolment_id}-{run.hops}",
                cause=run.cause,
                depth=run.depth,
            )
            for run in batch.runs
        ]
    )
    return [Passed(batch.runs, "given", f"{settings.points:+d} {settings.bucket}")]


KIND = Kind(
    key="score",
    about="Gives `points` (negative ones too) in a `bucket` of the score.",
    settings=Score,
    describe=describe,
    run=run,
    check=check,
    writes=True,
)
