"""A definition as a value: what a version holds, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from trellis.journeys.triggers import Trigger
from trellis.journeys.types import RuleJson, Settings

KEY = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class ReEntry(Settings, frozen=True):
    """Whether a contact may come again once its run has ended: ``never``, ``after_end``
    (at once), or ``after`` so many ``days``."""

    mode: Annotated[
        Literal["never", "after_end", "after"],
        Meta(
            description="Whether a contact may come again once its run has ended: never, after_end (at once), or after so many days."
        ),
    ] = "never"
    days: Annotated[
        int,
        Meta(description="Days between the end of a run and the next entry; only for after."),
    ] = 0


class Head(Settings, frozen=True):
    """Everything but the steps. ``exit`` and ``goal`` are rules, checked before every step
    and whenever something happens to the contact; ``exit_on`` and ``goal_on`` are events
    that end the run; ``leads_of`` a line: who is won there leaves. Events older than ``stale_after_days`` start and end nothing."""

    key: Annotated[str, Meta(description="Its name for programs; never changes.")]
    name: Annotated[str, Meta(description="Its name for people.")]
    description: Annotated[str, Meta(description="What it is for.")] = ""
    entry: Annotated[
        tuple[Trigger, ...],
        Meta(
            description="What brings contacts in: a list of triggers. By hand they can always be enrolled."
        ),
    ] = ()
    re_entry: Annotated[ReEntry, Meta(description="Whether contacts may come again.")] = (
        ReEntry()
    )
    stale_after_days: Annotated[
        int,
        Meta(
            description="Events older than this start and end nothing, for example those of an import."
        ),
    ] = 7
    exit: Annotated[
        RuleJson | None,
        Meta(
            description="A rule; who fits it leaves. Checked before every step and whenever something happens to the contact."
        ),
    ] = None
    exit_on: Annotated[tuple[Trigger, ...], Meta(description="Triggers that end the run.")] = ()
    leads_of: Annotated[
        str,
        Meta(
            description="A business line: this journey is for its leads. Who is won there leaves at once, as bought, and does not come in. Empty: buyers stay."
        ),
    ] = ""
    goal: Annotated[
        RuleJson | None,
        Meta(
            description="A rule; who fits it has reached the goal, and the run ends. Checked like exit, and before it."
        ),
    ] = None
    goal_on: Annotated[
        tuple[Trigger, ...], Meta(description="Triggers that mean the goal is reached.")
    ] = ()


class Branch(msgspec.Struct, frozen=True):
    """One way of a branch step; without ``when`` it takes all others and stands last."""

    name: str
    when: RuleJson | None
    steps: tuple[Step, ...]


class Step(msgspec.Struct, frozen=True):
    """A step: its id, kind, the kind's settings, and the ways of a branch."""

    id: str
    kind: str
    settings: Settings
    branches: tuple[Branch, ...] = ()


class Definition(msgspec.Struct, frozen=True):
    """A whole journey: head and tree of steps."""

    head: Head
    steps: tuple[Step, ...]

    def walk(self) -> Iterator[Step]:
        """All steps, in the order in which they are written."""
        yield from _walk(self.steps)


def _walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        for branch in step.branches:
            yield from _walk(branch.steps)


def rules_of(settings: Settings) -> dict[str, RuleJson]:
    """The rules among the settings, by field as written (``until``)."""
    found: dict[str, RuleJson] = {}
    for info in msgspec.structs.fields(settings):
        value: Any = getattr(settings, info.name)
        if isinstance(value, RuleJson):
            found[info.encode_name] = value
    return found


def with_rules(definition: Definition, change: Callable[[RuleJson], RuleJson]) -> Definition:
    """The definition with every rule over contacts replaced by ``change`` of it."""
    head = definition.head
    return Definition(
        head=msgspec.structs.replace(
            head,
            exit=None if head.exit is None else change(head.exit),
            goal=None if head.goal is None else change(head.goal),
        ),
        steps=_changed(definition.steps, change),
    )


def _changed(
    steps: tuple[Step, ...], change: Callable[[RuleJson], RuleJson]
) -> tuple[Step, ...]:
    return tuple(
        Step(
            id=step.id,
            kind=step.kind,
            settings=msgspec.structs.replace(
                step.settings,
                **{
                    info.name: change(rule)
                    for info in msgspec.structs.fields(step.settings)
                    if isinstance(rule := getattr(step.settings, info.name), RuleJson)
                },
            ),
            branches=tuple(
                Branch(
                    name=branch.name,
                    when=None if branch.when is None else change(branch.when),
                    steps=_changed(branch.steps, change),
                )
                for branch in step.branches
            ),
        )
        for step in steps
    )
