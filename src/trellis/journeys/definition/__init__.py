"""The definition of a journey: YAML in, an immutable value out, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.core.errors import InvalidInput
from trellis.journeys.definition import read, source, write
from trellis.journeys.definition.check import RuleCheck, check
from trellis.journeys.definition.model import (
    Branch,
    Definition,
    Head,
    ReEntry,
    Step,
    with_rules,
)
from trellis.journeys.definition.read import Faults, Problem
from trellis.journeys.definition.schema import schema
from trellis.journeys.types import Refs

__all__ = [
    "Branch",
    "Definition",
    "DefinitionError",
    "Head",
    "Problem",
    "ReEntry",
    "RuleCheck",
    "Step",
    "from_plain",
    "outline",
    "parse",
    "render",
    "schema",
    "to_plain",
    "with_rules",
]

render = write.render
to_plain = write.plain


class DefinitionError(InvalidInput):
    """The definition is not valid.

    ``problems`` lists every fault with path and line.
    """

    code = "invalid_definition"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(
            "\n".join(problem.text() for problem in problems),
            problems=[{"path": p.path, "line": p.line, "message": p.message} for p in problems],
        )


def parse(text: str, refs: Refs, rule: RuleCheck) -> Definition:
    """The definition of a YAML text, checked against what exists.

    Raises ``DefinitionError`` with every fault found.
    """
    value, faults = _read(text)
    found = read.definition(value, faults)
    if found is not None:
        check(found, refs, rule, faults)
    if found is None or faults.problems:
        raise DefinitionError(faults.problems)
    return found


def outline(text: str) -> Definition:
    """The definition of a YAML text by its shape alone. Raises ``DefinitionError``."""
    value, faults = _read(text)
    found = read.definition(value, faults)
    if found is None:
        raise DefinitionError(faults.problems)
    return found


def _read(text: str) -> tuple[Any, Faults]:
    try:
        value, lines = source.read(text)
    except source.SourceError as error:
        raise DefinitionError([Problem("", error.line, error.message)]) from error
    return value, Faults(lines)


def from_plain(value: Mapping[str, Any]) -> Definition:
    """The definition of a stored plain value; raises ``DefinitionError`` where its shape is
    wrong. What it refers to is not looked at."""
    faults = Faults()
    found = read.definition(value, faults)
    if found is None:
        raise DefinitionError(faults.problems)
    return found
