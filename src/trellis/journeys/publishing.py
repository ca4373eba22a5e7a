"""What publishing a draft changes: against the running version, and for those who wait."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django.db.models import Count

from trellis.core.errors import InvalidInput
from trellis.journeys import definition
from trellis.journeys.definition import Definition
from trellis.journeys.models import Enrolment, Journey, JourneyVersion
from trellis.journeys.plan import build
from trellis.journeys.registry import STEPS
from trellis.segments.models import Segment

STAY, EXIT = "stay", "exit"


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Runs of an earlier version that stand at one step. ``suggestion`` is a choice for
    ``publish``: move where the new version has the step, stay where it has not."""

    number: int
    step: str
    label: str
    runs: int
    suggestion: str


@dataclass(frozen=True, slots=True)
class Preview:
    """``head``, ``added``, ``removed``, ``changed``: fields and step ids that differ from
    the running version; ``diff`` the lines of both texts. ``members``: how many contacts
    are in the entry segments now, who enter only if asked for."""

    number: int
    head: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    diff: tuple[str, ...]
    waiting: tuple[WaitingGroup, ...]
    members: int


def preview(journey: Journey, new: Definition) -> Preview:
    """Compare a draft with the running version, and count who waits."""
    running = JourneyVersion.objects.filter(journey=journey, number=journey.version).first()
    old = definition.from_plain(_source_of(running)) if running is not None else None
    before = {step.id: step for step in old.walk()} if old is not None else {}
    after = {step.id: step for step in new.walk()}
    keys = entry_segments(new)
    sizes = Segment.objects.filter(key__in=keys).values_list("size", flat=True)
    return Preview(
        number=journey.version + 1,
        head=_changed_head(old, new),
        added=tuple(id for id in after if id not in before),
        removed=tuple(id for id in before if id not in after),
        changed=tuple(id for id in after if id in before and after[id] != before[id]),
        diff=_diff(old, new),
        waiting=tuple(_waiting(journey, new)),
        members=sum(sizes),
    )


def choices(new: Definition, waiting: Mapping[str, str]) -> dict[str, str]:
    """The choices by step, checked: each is ``stay``, ``exit`` or ``move:<step>``."""
    steps = {step.id for step in new.walk()}
    for step, choice in waiting.items():
        target = choice.removeprefix("move:")
        if choice not in (STAY, EXIT) and (target == choice or target not in steps):
            raise InvalidInput(
                f"'{choice}' is not a choice for those who wait at '{step}'; it is stay, exit,"
                " or move:<step> with a step of the new version."
            )
    return dict(waiting)


def entry_segments(new: Definition) -> list[str]:
    """The segments whose entering starts the journey."""
    return [t.segment.entered for t in new.head.entry if t.segment and t.segment.entered]


def _source_of(version: JourneyVersion) -> Mapping[str, object]:
    found: Mapping[str, object] = definition.to_plain(definition.outline(version.source))
    return found


def _changed_head(old: Definition | None, new: Definition) -> tuple[str, ...]:
    if old is None:
        return ()
    return tuple(
        info.encode_name
        for info in msgspec.structs.fields(new.head)
        if getattr(old.head, info.name) != getattr(new.head, info.name)
    )


def _diff(old: Definition | None, new: Definition) -> tuple[str, ...]:
    before = definition.render(old).splitlines() if old is not None else []
    after = definition.render(new).splitlines()
    return tuple(difflib.unified_diff(before, after, lineterm="", n=2))[2:]


def _waiting(journey: Journey, new: Definition) -> list[WaitingGroup]:
    rows = (
        Enrolment.objects.filter(journey_id=journey.id, live_key__isnull=False)
        .values_list("version_id", "step")
        .annotate(n=Count("*"))
        .order_by("version_id", "step")
    )
    versions = {
        row.id: row for row in JourneyVersion.objects.filter(journey=journey).order_by("number")
    }
    plans = {
        id: build(definition.from_plain(row.definition), lambda _rule: 0)
        for id, row in versions.items()
    }
    kinds = {step.id: step.kind for step in new.walk()}
    groups: list[WaitingGroup] = []
    for version_id, step, runs in rows:
        node = plans[version_id].nodes.get(step)
        label = STEPS[node.kind].describe(node.settings) if node is not None else step
        same = node is not None and kinds.get(step) == node.kind
        groups.append(
            WaitingGroup(
                number=versions[version_id].number,
                step=step,
                label=label,
                runs=runs,
                suggestion=f"move:{step}" if same else STAY,
            )
        )
    return groups
