"""From plain values to a definition: the shape. Every fault is collected, with its path."""

from __future__ import annotations

import difflib
import re
from typing import Any, TypeVar

import msgspec

from trellis.journeys.definition.model import KEY, Branch, Definition, Head, Step
from trellis.journeys.definition.source import Path
from trellis.journeys.durations import Duration, TimeOfDay
from trellis.journeys.registry import STEPS
from trellis.journeys.types import RuleJson, Settings

T = TypeVar("T")

MAX_STEPS = 200
MAX_NESTING = 8

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_TYPES = {
    "`str`": "text",
    "`int`": "a whole number",
    "`object`": "a mapping",
    "`array`": "a list",
    "`bool`": "true or false",
    "`null`": "nothing",
    "`float`": "a number",
}


class Problem(msgspec.Struct, frozen=True):
    """One fault: where in the definition, on which line (0 = unknown), and what."""

    path: str
    line: int
    message: str

    def text(self) -> str:
        """The fault as a line for people."""
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path}: {self.message}" if self.path else where + self.message


class Faults:
    """Collects problems; ``lines`` gives the line of a path where it is known."""

    def __init__(self, lines: dict[Path, int] | None = None) -> None:
        self._lines = lines or {}
        self.problems: list[Problem] = []

    def add(self, path: Path, message: str) -> None:
        """Note that ``message`` holds at ``path``."""
        place = path
        while place and place not in self._lines:
            place = place[:-1]
        line = self._lines.get(place, 0)
        self.problems.append(Problem(path=show(path), line=line, message=message))


def show(path: Path) -> str:
    """``("steps", 2, "wait", "for")`` as ``steps[2].wait.for``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def definition(value: Any, faults: Faults) -> Definition | None:
    """The definition of a plain value, or None where its shape is wrong."""
    if not isinstance(value, dict):
        faults.add((), "a journey is a mapping with key, name and steps")
        return None
    rest = {key: part for key, part in value.items() if key != "steps"}
    head = convert(rest, Head, (), faults, also=("steps",))
    if head is not None and not re.match(KEY, head.key):
        faults.add(("key",), f"'{head.key}' is not a key; use a-z, 0-9, - and _")
    steps = _steps(value.get("steps"), ("steps",), faults)
    if head is None or faults.problems:
        return None
    return Definition(head=head, steps=steps)


def _steps(value: Any, path: Path, faults: Faults) -> tuple[Step, ...]:
    if not isinstance(value, list) or not value:
        faults.add(path, "expected a list of at least one step")
        return ()
    if len(value) > MAX_STEPS:
        faults.add(path, f"more than {MAX_STEPS} steps")
        return ()
    if sum(part == "steps" for part in path) > MAX_NESTING:
        faults.add(path, f"branches nested deeper than {MAX_NESTING}")
        return ()
    found = [_step(item, (*path, place), faults) for place, item in enumerate(value)]
    return tuple(step for step in found if step is not None)


def _step(value: Any, path: Path, faults: Faults) -> Step | None:
    if not isinstance(value, dict):
        faults.add(path, "a step is a mapping with an id and one kind, such as wait")
        return None
    name = value.get("id")
    if not isinstance(name, str) or not re.match(KEY, name):
        faults.add((*path, "id"), "every step needs an id of a-z, 0-9, - and _")
        return None
    kinds = [key for key in value if key != "id"]
    if len(kinds) != 1:
        faults.add(path, f"a step has exactly one kind; this one has {len(kinds)}: {kinds}")
        return None
    key = kinds[0]
    kind = STEPS.get(key)
    if kind is None:
        faults.add((*path, key), f"'{key}' is not a kind of step{guess(key, STEPS)}")
        return None
    if kind.branches:
        arms = _branches(value[key], (*path, key), faults)
        return Step(id=name, kind=key, settings=kind.settings(), branches=arms)
    settings = convert(value[key] or {}, kind.settings, (*path, key), faults)
    return None if settings is None else Step(id=name, kind=key, settings=settings)


def _branches(value: Any, path: Path, faults: Faults) -> tuple[Branch, ...]:
    if not isinstance(value, list) or not value:
        faults.add(path, "expected a list of at least one branch")
        return ()
    found = [_branch(item, (*path, place), faults) for place, item in enumerate(value)]
    return tuple(branch for branch in found if branch is not None)


def _branch(value: Any, path: Path, faults: Faults) -> Branch | None:
    if not isinstance(value, dict):
        faults.add(path, "a branch is a mapping with name, when and steps")
        return None
    for key in value:
        if key not in {"name", "when", "steps"}:
            faults.add((*path, key), f"unknown field{guess(key, ('name', 'when', 'steps'))}")
    name, when = value.get("name"), value.get("when")
    if not isinstance(name, str) or not 0 < len(name) <= 40:
        faults.add((*path, "name"), "every branch needs a name of at most 40 characters")
        return None
    if when is not None and not isinstance(when, dict):
        faults.add((*path, "when"), "expected a rule")
        return None
    steps = _steps(value.get("steps"), (*path, "steps"), faults)
    return Branch(name=name, when=None if when is None else RuleJson(when), steps=steps)


def convert(
    value: Any, kind: type[T], path: Path, faults: Faults, also: tuple[str, ...] = ()
) -> T | None:
    """``value`` as ``kind``, or None with the fault noted below ``path``."""
    try:
        return msgspec.convert(value, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        found = _AT.match(str(error))
        assert found is not None, "the pattern matches any text"
        inner = tuple(
            part if part else int(place) if place.isdigit() else place
            for part, place in _PART.findall(found["path"] or "")
        )
        inner, what = _say(found["what"], inner, kind, also)
        faults.add((*path, *inner), what)
        return None


def hook(kind: type[Any], value: Any) -> Any:
    """Reads the types of ours that stand in settings; for ``msgspec.convert``."""
    if kind is RuleJson:
        if not isinstance(value, dict):
            raise ValueError("expected a rule")
        return RuleJson(value)
    if kind in (Duration, TimeOfDay):
        return kind(str(value))
    raise NotImplementedError(kind)


def _say(what: str, inner: Path, kind: Any, also: tuple[str, ...]) -> tuple[Path, str]:
    if found := _UNKNOWN.match(what):
        known = [*also, *_field_names(kind, inner)]
        return (*inner, found[1]), f"unknown field{guess(found[1], known)}"
    if found := _MISSING.match(what):
        return (*inner, found[1]), "is required"
    for theirs, ours in _TYPES.items():
        what = what.replace(theirs, ours)
    return inner, what[:1].lower() + what[1:] if what.startswith("Expected") else what


def _field_names(kind: Any, inner: Path) -> list[str]:
    if inner or not (isinstance(kind, type) and issubclass(kind, Settings)):
        return []
    return [info.encode_name for info in msgspec.structs.fields(kind)]


def guess(word: str, known: Any) -> str:
    """``"; did you mean 'x'?"``, or the list of what is known, or nothing."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are: {', '.join(names)}" if 0 < len(names) <= 30 else ""
