"""Stage: move the contact's lead to another stage, through the one door for that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from msgspec import Meta

from trellis.accounts.types import SYSTEM
from trellis.core.errors import NotFound
from trellis.journeys.types import (
    Batch,
    Complaint,
    Kind,
    Passed,
    Refs,
    Result,
    Settings,
    StepBroken,
)
from trellis.leads import actions as leads


class Stage(Settings, frozen=True):
    """``to``: the stage's key. ``back_reason`` lets leads move back too, with this reason."""

    to: Annotated[str, Meta(description="Key of the stage.")]
    back_reason: Annotated[
        str, Meta(description="Why leads may move back too; without it they only move forward.")
    ] = ""


def check(settings: Stage, refs: Refs) -> Iterable[Complaint]:
    """The stage must exist."""
    if settings.to not in refs.stages:
        yield "to", f"there is no stage '{settings.to}'"
    if len(settings.back_reason) > 200:
        yield "back_reason", "a reason has at most 200 characters"


def describe(settings: Stage) -> str:
    """The step as a sentence."""
    return _("Move to stage “%(stage)s”") % {"stage": settings.to}


def run(batch: Batch) -> list[Result]:
    """Move all of them; those already there or beyond stay, and so do strangers."""
    settings = batch.node.settings
    assert isinstance(settings, Stage), "the registry pairs kinds with their settings"
    try:
        moved = leads.move_stage(
            SYSTEM,
            [run.contact_id for run in batch.runs],
            settings.to,
            "journey",
            settings.back_reason,
            batch.now,
            causes={run.contact_id: (run.cause, run.depth - 1) for run in batch.runs},
        )
    except NotFound as error:
        raise StepBroken(f"Step {batch.node.id}: {error.message}") from error
    went = set(moved.contact_ids)
    results: list[Result] = [
        Passed([run for run in batch.runs if run.contact_id in went], "moved", settings.to),
        Passed([run for run in batch.runs if run.contact_id not in went], "stayed"),
    ]
    return [result for result in results if result.runs]


KIND = Kind(
    key="stage",
    about="Moves the lead forward `to` a stage, named by its key. Who is there or beyond "
    "stays, unless a `back_reason` says why leads may move back.",
    settings=Stage,
    describe=describe,
    run=run,
    check=check,
    changes=True,
    writes=True,
)
