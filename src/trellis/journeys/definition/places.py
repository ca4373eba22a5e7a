"""Where the rules of a definition stand in its text, so that one can be replaced and all else,
comments included, stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from trellis.journeys.definition import source
from trellis.journeys.definition.source import Path
from trellis.journeys.definition.write import flow
from trellis.people import masking
from trellis.rules import private
from trellis.rules.registry import Field

_KEYS = frozenset({"exit", "goal", "when", "until", "filter"})
_GROUPS = frozenset({"all", "any", "none"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """A rule in the text: its path (``steps.2.branch.0.when``), its line, the characters it
    fills, and, for a filter, the event whose properties it reads."""

    path: str
    line: int
    begin: int
    end: int
    rule: Mapping[str, Any]
    event_type: str = ""
    event_name: str = ""


def places(text: str, marks: frozenset[str] = _GROUPS) -> list[Place]:
    """The rules of a definition, from top to bottom; none where the text is not YAML.
    ``marks`` are the keys by which a rule is known."""
    try:
        value, _lines = source.read(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (source.SourceError, yaml.YAMLError):
        return []
    return list(_found(root, value, (), marks)) if root is not None else []


def replaced(text: str, path: str, rule: Mapping[str, Any]) -> str:
    """The text with another rule at a path; as it was where none stands there."""
    place = next((place for place in places(text) if place.path == path), None)
    if place is None:
        return text
    return text[: place.begin] + flow(rule) + text[place.end :]


def _found(node: yaml.Node, value: Any, path: Path, marks: frozenset[str]) -> Iterator[Place]:
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _found(item, value[number], (*path, number), marks)
    elif isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            name = str(key.value)
            inner = value[name]
            if name in _KEYS and isinstance(inner, dict) and inner.keys() & marks:
                event = value if name == "filter" else {}
                yield Place(
                    path=".".join(map(str, (*path, name))),
                    line=item.start_mark.line + 1,
                    begin=item.start_mark.index,
                    end=_end(item),
                    rule=inner,
                    event_type=str(event.get("type", "")),
                    event_name=str(event.get("name", "")),
                )
            else:
                yield from _found(item, inner, (*path, name), marks)


def _end(node: yaml.Node) -> int:
    """Where the last character of a node stands; a block ends with its last part."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def shown(text: str, known: Mapping[str, Field]) -> str:
    """A definition as who reads now may see it: the private values of its rules veiled."""
    if not masking.veiled():
        return text
    for place in reversed(places(text, _GROUPS | {"op"})):
        rule = private.shown(dict(place.rule), known)
        if rule != dict(place.rule):
            text = text[: place.begin] + flow(rule) + text[place.end :]
    return masking.text(text)
