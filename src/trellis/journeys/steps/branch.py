"""Branch: each contact takes the first way whose rule holds."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trellis.journeys.types import Batch, Kind, Passed, Result, Run, Settings

NONE = "none"
"""The outcome of those for whom no way is open: they go on after the branch."""


class Branch(Settings, frozen=True):
    """A branch is set by its ways; they stand in the definition's tree."""


def describe(_settings: Branch) -> str:
    """The step as a sentence."""
    return _("Go the first way whose rule holds")


def run(batch: Batch) -> list[Result]:
    """Send each run the first way whose rule holds for its contact."""
    results: list[Result] = []
    left = batch.runs
    here: list[Run]
    for arm in batch.node.arms:
        if arm.rule is None:
            here, left = left, []
        else:
            held = batch.holding[arm.rule]
            here = [run for run in left if run.contact_id in held]
            left = [run for run in left if run.contact_id not in held]
        if here:
            reason = "otherwise" if arm.rule is None else "rule"
            results.append(Passed(here, outcome=arm.name, reason=reason, to=arm.to))
    if left:
        results.append(Passed(left, outcome=NONE, reason="no_rule"))
    return results


KIND = Kind(
    key="branch",
    about="Splits the way: the first branch whose rule holds is taken. A branch without "
    "`when` takes all others and stands last; without one, the others go on after the step.",
    settings=Branch,
    describe=describe,
    run=run,
    branches=True,
)
