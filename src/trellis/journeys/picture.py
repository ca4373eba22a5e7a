"""The picture of a journey, laid out by the product: boxes and lines with coordinates.

A sequence runs down; the ways of a branch stand side by side below it and join again above
the next step; jumps run up along the right side. The same definition always gives the same
picture, and no two boxes overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from trellis.journeys import definition
from trellis.journeys.definition import Definition, Step
from trellis.journeys.models import Enrolment, JourneyVersion, StepCount
from trellis.journeys.registry import STEPS

BOX_W, BOX_H = 220, 64
GAP_X, GAP_Y = 32, 56
LANE = 40
"""Width of a way without boxes, and the distance between jump lines. All in pixels."""

START, END = "(start)", "(end)"
"""Ids of the two boxes that are no steps; a step's id has no brackets."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step, or the start or the end. ``x``, ``y``: upper left corner. ``waiting``: runs
    that stand here now; ``outcomes``: how many passed, by outcome."""

    id: str
    kind: str
    title: str
    x: int
    y: int
    w: int = BOX_W
    h: int = BOX_H
    waiting: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """How many runs went through."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Line:
    """A way from a box to another: ``points`` from bottom to top (a jump: from side to
    side). ``label`` is the branch's name; ``outcome`` the outcome that leads along it.
    ``passed``: how many took it; None where the way is not told by an outcome."""

    source: str
    target: str
    points: tuple[tuple[int, int], ...]
    label: str = ""
    outcome: str = ""
    jump: bool = False
    passed: int | None = None

    @property
    def path(self) -> str:
        """The line as the ``d`` of an SVG path."""
        return "M" + " L".join(f"{x} {y}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and lines on a surface of ``width`` by ``height`` pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lay_out(version: JourneyVersion) -> Picture:
    """The picture of a version with its counts of this moment; two queries."""
    drawn = draw(definition.from_plain(version.definition))
    waiting: dict[str, int] = {
        row[0]: row[1]
        for row in Enrolment.objects.filter(
            journey_id=version.journey_id, version_id=version.id, live_key__isnull=False
        )
        .values_list("step")
        .annotate(n=Count("*"))
    }
    passed: dict[tuple[str, str], int] = {
        (row[0], row[1]): row[2]
        for row in StepCount.objects.filter(version_id=version.id)
        .values_list("step", "outcome")
        .annotate(total=Sum("n"))
    }
    return counted(drawn, waiting, passed)


def counted(
    drawn: Picture, waiting: Mapping[str, int], passed: Mapping[tuple[str, str], int]
) -> Picture:
    """The picture with numbers. ``passed`` is by step and outcome, as in ``StepCount``."""
    outcomes: dict[str, dict[str, int]] = {}
    for (step, outcome), n in sorted(passed.items()):
        name = step or (START if outcome == "entered" else END)
        if step or outcome in ("entered", "end"):
            outcomes.setdefault(name, {})[outcome] = n
    return replace(
        drawn,
        boxes=tuple(
            replace(box, waiting=waiting.get(box.id, 0), outcomes=outcomes.get(box.id, {}))
            for box in drawn.boxes
        ),
        lines=tuple(
            replace(line, passed=outcomes.get(line.source, {}).get(line.outcome, 0))
            if line.outcome
            else line
            for line in drawn.lines
        ),
    )


def draw(journey: Definition) -> Picture:
    """The picture of a definition, without numbers. A pure function."""
    body = _sequence(journey.steps)
    jumps = [step for step in journey.walk() if STEPS[step.kind].leads_to(step.settings)]
    left = max(body.left, BOX_W // 2)
    right = max(body.right, BOX_W // 2)
    boxes = {START: Box(START, "start", _("Entry"), left - BOX_W // 2, 0)}
    for box in body.boxes:
        boxes[box.id] = replace(box, x=box.x + left, y=box.y + BOX_H + GAP_Y)
    height = BOX_H + GAP_Y + body.height
    ends = bool(body.exits)
    if ends:
        boxes[END] = Box(END, "end", _("End"), left - BOX_W // 2, height + GAP_Y)
        height += GAP_Y + BOX_H
    lines = [_down(boxes, START, journey.steps[0].id)]
    lines += [
        _down(boxes, way.source, way.target, way.label, way.outcome, way.dx)
        for way in body.ways
    ]
    lines += [
        _down(boxes, way.source, END, way.label, way.outcome, way.dx) for way in body.exits
    ]
    for number, step in enumerate(jumps):
        lines.append(_back(boxes, step, left + right + LANE * (number + 1)))
    return Picture(
        width=left + right + (LANE * (len(jumps) + 1) if jumps else 0),
        height=height,
        boxes=tuple(boxes.values()),
        lines=tuple(lines),
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """A way out of ``source``; ``dx``: where an empty way runs, from the box's middle."""

    source: str
    target: str = ""
    label: str = ""
    outcome: str = ""
    dx: int | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """A laid-out part around the middle x = 0, its top at y = 0. ``exits``: ways that leave
    it at the bottom."""

    left: int
    right: int
    height: int
    boxes: tuple[Box, ...]
    ways: tuple[_Way, ...]
    exits: tuple[_Way, ...]

    def at(self, dx: int, dy: int) -> tuple[Box, ...]:
        """The boxes, moved."""
        return tuple(replace(box, x=box.x + dx, y=box.y + dy) for box in self.boxes)


def _sequence(steps: tuple[Step, ...]) -> _Block:
    boxes: list[Box] = []
    ways: list[_Way] = []
    exits: tuple[_Way, ...] = ()
    left = right = y = 0
    for place, step in enumerate(steps):
        block = _one(step)
        if place:
            y += GAP_Y
        ways += [replace(way, target=step.id) for way in exits]
        ways += block.ways
        boxes += block.at(0, y)
        left, right = max(left, block.left), max(right, block.right)
        y += block.height
        exits = block.exits
    return _Block(left, right, y, tuple(boxes), tuple(ways), exits)


def _one(step: Step) -> _Block:
    kind = STEPS[step.kind]
    half = BOX_W // 2
    box = Box(step.id, step.kind, kind.describe(step.settings), -half, 0)
    if not step.branches:
        out = () if kind.last else (_Way(step.id),)
        return _Block(half, half, BOX_H, (box,), (), out)
    arms = [(branch, _sequence(branch.steps)) for branch in step.branches]
    open_end = all(branch.when is not None for branch in step.branches)
    total = sum(arm.left + arm.right for _branch, arm in arms)
    total += GAP_X * (len(arms) - 1) + (GAP_X + LANE if open_end else 0)
    boxes, ways = [box], list[_Way]()
    exits: list[_Way] = []
    x, top = -(total // 2), BOX_H + GAP_Y
    for branch, arm in arms:
        boxes += arm.at(x + arm.left, top)
        ways.append(_Way(step.id, branch.steps[0].id, branch.name, branch.name))
        ways += arm.ways
        exits += arm.exits
        x += arm.left + arm.right + GAP_X
    if open_end:
        exits.append(_Way(step.id, label="", outcome="none", dx=x + LANE // 2))
    height = top + max(arm.height for _branch, arm in arms)
    right = max(half, total - total // 2)
    return _Block(max(half, total // 2), right, height, tuple(boxes), tuple(ways), tuple(exits))


def _down(
    boxes: Mapping[str, Box],
    source: str,
    target: str,
    label: str = "",
    outcome: str = "",
    dx: int | None = None,
) -> Line:
    """From the bottom of a box to the top of another, with right angles half-way."""
    a, b = boxes[source], boxes[target]
    x, y = a.x + a.w // 2, a.y + a.h
    to_x, to_y = b.x + b.w // 2, b.y
    last = to_y - GAP_Y // 2
    points: tuple[tuple[int, int], ...]
    if dx is None and x == to_x:
        points = ((x, y), (to_x, to_y))
    elif dx is None:
        first = last if not label else y + GAP_Y // 2
        points = ((x, y), (x, first), (to_x, first), (to_x, to_y))
    else:
        first = y + GAP_Y // 2
        lane = x + dx
        points = ((x, y), (x, first), (lane, first), (lane, last), (to_x, last), (to_x, to_y))
    return Line(source, target, points, label, outcome)


def _back(boxes: Mapping[str, Box], step: Step, lane: int) -> Line:
    """A jump: out at the right side, along its own lane, in at the right side."""
    a, b = boxes[step.id], boxes[STEPS[step.kind].leads_to(step.settings)]
    y, to_y = a.y + a.h // 2, b.y + b.h // 2
    points = ((a.x + a.w, y), (lane, y), (lane, to_y), (b.x + b.w, to_y))
    return Line(step.id, b.id, points, outcome="jumped", jump=True)
