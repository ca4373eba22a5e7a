"""Reading YAML into plain values, with the line of each: no tags, no aliases, no surprises.

Only what YAML 1.2's core schema knows is resolved (``no`` stays a word, ``10:30`` a
time), because a definition is written by people who do not think about YAML.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]

MAX_CHARACTERS = 64 * 1024
MAX_DEPTH = 40

_INT = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,3})?", re.ASCII)
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
    "True": True,
    "False": False,
}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SourceError(Exception):
    """The text is not a YAML document we read; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read(text: str) -> tuple[Any, dict[Path, int]]:
    """The document's value, and the line on which each path begins.

    Raises ``SourceError`` where the text is too long, not YAML, more than one document,
    or uses tags, anchors or aliases.
    """
    if len(text) > MAX_CHARACTERS:
        raise SourceError(f"longer than {MAX_CHARACTERS // 1024} KB", 1)
    try:
        return _Reader(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(
            f"not YAML: {error.problem or error.context}", mark.line + 1 if mark else 1
        ) from error
    except yaml.YAMLError as error:
        raise SourceError(f"not YAML: {error}", 1) from error


class _Reader:
    """Walks the events of one document."""

    def __init__(self, text: str) -> None:
        self._events = iter(yaml.parse(text, Loader=_Loader))
        self._lines: dict[Path, int] = {}

    def document(self) -> tuple[Any, dict[Path, int]]:
        event = next(self._events)
        while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None, {(): 1}
        value = self._value(event, ())
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise SourceError("more than one document", _line(event))
        return value, self._lines

    def _value(self, event: Any, path: Path) -> Any:
        line = _line(event)
        self._lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise SourceError("anchors and aliases are not understood here", line)
        if event.tag is not None and event.tag != "!":
            raise SourceError(f"tags such as {event.tag} are not understood here", line)
        if len(path) > MAX_DEPTH:
            raise SourceError(f"nested deeper than {MAX_DEPTH} levels", line)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise SourceError("a key must be a word", line)
            key = event.value
            if key in found:
                raise SourceError(f"'{key}' stands twice", line)
            self._lines[(*path, key)] = line
            found[key] = self._value(next(self._events), (*path, key))
        return found


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    return event.value if event.style else resolve(event.value)


def resolve(text: str) -> Any:
    """The value of a word that stands without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
