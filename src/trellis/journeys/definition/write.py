"""From a definition to plain values and YAML that reads back to an equal definition."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml
from typing_extensions import override

from trellis.journeys.definition import source
from trellis.journeys.definition.model import Definition, Step
from trellis.journeys.registry import STEPS
from trellis.journeys.types import RuleJson


def plain(definition: Definition) -> dict[str, Any]:
    """The definition as JSON-like values, in the order in which people write it."""
    head = builtins(definition.head)
    if not head.get("re_entry", True):
        head["re_entry"] = {"mode": definition.head.re_entry.mode}
    return {**head, "steps": [_step(step) for step in definition.steps]}


def _step(step: Step) -> dict[str, Any]:
    if not STEPS[step.kind].branches:
        return {"id": step.id, step.kind: builtins(step.settings)}
    ways = []
    for branch in step.branches:
        way: dict[str, Any] = {"name": branch.name}
        if branch.when is not None:
            way["when"] = dict(branch.when)
        way["steps"] = [_step(inner) for inner in branch.steps]
        ways.append(way)
    return {"id": step.id, step.kind: ways}


def builtins(settings: msgspec.Struct) -> dict[str, Any]:
    """Settings as plain values, without those left at their default."""
    found: dict[str, Any] = msgspec.to_builtins(settings, enc_hook=_hook)
    return found


def _hook(value: Any) -> Any:
    return dict(value) if isinstance(value, RuleJson) else str(value)


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and quotes what our reader would take for another
    type."""

    @override
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _word(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    bare = isinstance(source.resolve(value), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, None if bare else "'")


_Dumper.add_representer(str, _word)


def render(definition: Definition) -> str:
    """The definition as YAML."""
    text: str = yaml.dump(
        plain(definition), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )
    return text


def flow(value: Any) -> str:
    """A plain value as YAML on one line."""
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=1_000_000,
    )
    return text.strip()
