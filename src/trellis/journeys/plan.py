"""From the tree of a definition to the flat plan that runs follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from trellis.journeys.definition.model import Definition, Step, rules_of
from trellis.journeys.registry import STEPS
from trellis.journeys.types import Arm, Node, RuleJson

END = ""
"""Where a way leads when nothing comes after it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps by id, and the id of the first."""

    first: str
    nodes: Mapping[str, Node]


def build(definition: Definition, intern: Callable[[RuleJson], int]) -> Plan:
    """The plan; ``intern`` gives the key under which a rule is evaluated."""
    nodes: dict[str, Node] = {}
    first = _lay(definition.steps, END, nodes, intern)
    return Plan(first=first, nodes=nodes)


def _lay(
    steps: tuple[Step, ...],
    after: str,
    nodes: dict[str, Node],
    intern: Callable[[RuleJson], int],
) -> str:
    for place, step in enumerate(steps):
        following = steps[place + 1].id if place + 1 < len(steps) else after
        nodes[step.id] = Node(
            id=step.id,
            kind=step.kind,
            settings=step.settings,
            next=END if STEPS[step.kind].last else following,
            arms=tuple(
                Arm(
                    name=branch.name,
                    rule=None if branch.when is None else intern(branch.when),
                    to=_lay(branch.steps, following, nodes, intern),
                )
                for branch in step.branches
            ),
            rules={name: intern(rule) for name, rule in rules_of(step.settings).items()},
        )
    return steps[0].id


def exits(node: Node) -> Iterable[str]:
    """All steps that may come after ``node`` ("" = the end)."""
    kind = STEPS[node.kind]
    for arm in node.arms:
        yield arm.to
    if not (kind.last or (node.arms and node.arms[-1].rule is None)):
        yield node.next
    if other := kind.leads_to(node.settings):
        yield other
