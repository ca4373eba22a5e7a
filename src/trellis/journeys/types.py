"""What steps and the engine pass to each other. A step moves a set of runs, never one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from trellis.core.errors import TrellisError


class RuleJson(dict[str, Any]):
    """A rule as written (the JSON of ``rules.types``), to tell rules from other mappings."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the author of a step sets; each kind has its own."""


class StepBroken(TrellisError):
    """A step cannot run as it is set: the journey pauses, its runs are held."""

    code = "step_broken"


class Refs(msgspec.Struct, frozen=True):
    """The keys a definition may name, read once for a whole check."""

    templates: Set[str] = frozenset()
    segments: Set[str] = frozenset()
    forms: Set[str] = frozenset()
    attributes: Mapping[str, str] = {}
    stages: Set[str] = frozenset()
    steps: Set[str] = frozenset()
    lines: Set[str] = frozenset()


Complaint: TypeAlias = tuple[str, str]
"""The field of the settings ("" = the whole step), and what is wrong with it."""


@dataclass(slots=True)
class Run:
    """An enrolment while it moves.

    ``parked``: it waits in ``step`` since ``since``; otherwise it is about to run it.
    ``woken``: what it waited for happened just now: ``event``, ``rule`` or "" for neither.
    ``cause`` and ``depth`` pass on to what it decides. ``hops`` numbers its steps, which
    makes each pass and each message unique. ``visits`` counts the jumps taken, by step.
    ``entry`` is what brought it in, where the run is not stored yet; ``told`` says that it
    holds the properties of an event. ``settled``: exit and
    goal were looked at since facts last changed.
    """

    contact_id: int
    enrolment_id: int
    journey_id: int
    version_id: int
    step: str
    parked: bool
    since: datetime
    hops: int
    visits: dict[str, int]
    woken: str = ""
    cause: int | None = None
    depth: int = 0
    entry: Mapping[str, Any] | None = None
    told: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Arm:
    """A way out of a branch: taken where ``rule`` holds (None = otherwise), to step ``to``
    ("" = the end)."""

    name: str
    rule: int | None
    to: str


@dataclass(frozen=True, slots=True)
class Node:
    """A step in the flat plan of a version: ``next`` is the step after it ("" = the end);
    ``rules`` its rules by field, as keys into ``Batch.holding``."""

    id: str
    kind: str
    settings: Settings
    next: str
    arms: tuple[Arm, ...] = ()
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """All runs that stand at one step of one version.

    ``holding`` gives for each rule key the contacts for which it holds at ``now``.
    """

    journey_id: int
    journey_key: str
    version_id: int
    node: Node
    runs: list[Run]
    now: datetime
    holding: Mapping[int, Set[int]]

    def holds(self, field: str) -> Set[int]:
        """The contacts for which the step's rule in ``field`` holds (none where unset)."""
        key = self.node.rules.get(field)
        return frozenset() if key is None else self.holding[key]


@dataclass(frozen=True, slots=True)
class Passed:
    """These runs are through, with one outcome; they go to ``to`` (None = the next step)."""

    runs: list[Run]
    outcome: str = "passed"
    reason: str = ""
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """These runs stay in the step until ``wake_at`` (one time for all, or one for each)."""

    runs: list[Run]
    wake_at: datetime | list[datetime]


@dataclass(frozen=True, slots=True)
class Ended:
    """These runs are over: ``outcome`` is end, goal, exit or error."""

    runs: list[Run]
    outcome: str
    reason: str


Result: TypeAlias = Passed | Parked | Ended


def _nothing(_settings: Any, _refs: Refs) -> Iterable[Complaint]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of step: one row of ``registry.STEPS``.

    - ``describe(settings)``: the step as a sentence for people.
    - ``run(batch)``: moves the set; each run of the batch stands in exactly one result.
    - ``check(settings, refs)``: what is wrong with the settings beyond their types.
    - ``changes``: it changes facts, so that exit and goal are looked at again after it.
    - ``writes``: it touches the database, so the engine shields the batch from its errors.
    - ``last``: nothing comes after it. ``waits``: it may park. ``leads_to(settings)``:
      the step it may send runs to besides the next one.
    """

    key: str
    about: str
    settings: type[Settings]
    describe: Callable[[Any], str]
    run: Callable[[Batch], list[Result]]
    check: Callable[[Any, Refs], Iterable[Complaint]] = _nothing
    leads_to: Callable[[Any], str] = lambda _settings: ""
    changes: bool = False
    writes: bool = False
    last: bool = False
    waits: bool = False
    branches: bool = False
