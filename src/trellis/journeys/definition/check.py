"""What a definition means: ids, ways, loops, and everything it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trellis.journeys import triggers
from trellis.journeys.definition.model import Definition, Step, rules_of
from trellis.journeys.definition.read import MAX_STEPS, Faults, guess
from trellis.journeys.definition.source import Path
from trellis.journeys.plan import END, Plan, build, exits
from trellis.journeys.registry import STEPS
from trellis.journeys.types import Complaint, Refs, RuleJson

RuleCheck = Callable[[RuleJson, str], Iterable[Complaint]]
"""What is wrong with a rule over a ``contact`` or an ``event``, by path inside the rule."""

MAX_STALE_DAYS = 3_650


def check(definition: Definition, refs: Refs, rule: RuleCheck, faults: Faults) -> None:
    """Note everything that is wrong; ``refs.steps`` is filled in here."""
    places = dict(_places(definition.steps, ("steps",)))
    if not _ids(definition, places, faults):
        return
    refs = Refs(
        **{
            **{name: getattr(refs, name) for name in refs.__struct_fields__},
            "steps": frozenset(step.id for step in definition.walk()),
        }
    )
    _head(definition, refs, rule, faults)
    for path, step in _walk(definition.steps, ("steps",)):
        _step(step, path, refs, rule, faults)
    if not faults.problems:
        _ways(build(definition, lambda _rule: 0), places, faults)


def _walk(steps: tuple[Step, ...], path: Path) -> Iterator[tuple[Path, Step]]:
    for place, step in enumerate(steps):
        yield (*path, place), step
        for number, branch in enumerate(step.branches):
            yield from _walk(branch.steps, (*path, place, step.kind, number, "steps"))


def _places(steps: tuple[Step, ...], path: Path) -> Iterator[tuple[str, Path]]:
    for place, step in _walk(steps, path):
        yield step.id, place


def _ids(definition: Definition, places: dict[str, Path], faults: Faults) -> bool:
    """Ids must be unique before anything else makes sense."""
    seen: set[str] = set()
    for path, step in _walk(definition.steps, ("steps",)):
        if step.id in seen:
            faults.add((*path, "id"), f"the id '{step.id}' stands twice")
        seen.add(step.id)
    if len(seen) > MAX_STEPS:
        faults.add(("steps",), f"more than {MAX_STEPS} steps")
    return not faults.problems


def _head(definition: Definition, refs: Refs, rule: RuleCheck, faults: Faults) -> None:
    head = definition.head
    if not 0 < len(head.name) <= 120:
        faults.add(("name",), "a name has 1 to 120 characters")
    if (head.re_entry.mode == "after") != (head.re_entry.days > 0):
        faults.add(("re_entry", "days"), "is required for mode 'after', and only there")
    if not 1 <= head.stale_after_days <= MAX_STALE_DAYS:
        faults.add(("stale_after_days",), f"1 to {MAX_STALE_DAYS}")
    _line(head.leads_of, refs, faults)
    for field in ("entry", "exit_on", "goal_on"):
        for place, trigger in enumerate(getattr(head, field)):
            path: Path = (field, place)
            for where, what in triggers.check(trigger, refs):
                faults.add((*path, *_split(where)), what)
            if trigger.event is not None and trigger.event.filter is not None:
                _rule(trigger.event.filter, (*path, "event", "filter"), "event", rule, faults)
    for field in ("exit", "goal"):
        found = getattr(head, field)
        if found is not None:
            _rule(found, (field,), "contact", rule, faults)


def _line(key: str, refs: Refs, faults: Faults) -> None:
    if key and key not in refs.lines:
        faults.add(("leads_of",), f"there is no line '{key}'{guess(key, refs.lines)}")


def _step(step: Step, path: Path, refs: Refs, rule: RuleCheck, faults: Faults) -> None:
    inside = (*path, step.kind)
    for where, what in STEPS[step.kind].check(step.settings, refs):
        faults.add((*inside, *_split(where)), what)
    for name, found in rules_of(step.settings).items():
        _rule(found, (*inside, name), "contact", rule, faults)
    event = triggers.awaited(step.settings)
    if event is not None and event.filter is not None:
        _rule(event.filter, (*inside, "event", "filter"), "event", rule, faults)
    names: set[str] = set()
    for number, branch in enumerate(step.branches):
        place = (*inside, number)
        if branch.name in names or branch.name == "none":
            faults.add((*place, "name"), f"'{branch.name}' is taken")
        names.add(branch.name)
        if branch.when is not None:
            _rule(branch.when, (*place, "when"), "contact", rule, faults)
        elif number + 1 < len(step.branches):
            faults.add(place, "a branch without 'when' takes all others, so it stands last")


def _rule(found: RuleJson, path: Path, scope: str, rule: RuleCheck, faults: Faults) -> None:
    for where, what in rule(found, scope):
        faults.add((*path, *_split(where)), what)


def _split(where: str) -> Path:
    return tuple(
        int(part) if part.isdigit() else part
        for part in where.replace("[", ".").replace("]", "").split(".")
        if part
    )


def _ways(plan: Plan, places: dict[str, Path], faults: Faults) -> None:
    reached: set[str] = set()
    open_ends = [plan.first]
    while open_ends:
        name = open_ends.pop()
        if name == END or name in reached:
            continue
        reached.add(name)
        open_ends.extend(exits(plan.nodes[name]))
    for name, path in places.items():
        if name not in reached:
            faults.add((*path, "id"), f"no way leads to step '{name}'")
    if name := _idle_loop(plan):
        faults.add(
            (*places[name], "id"), f"endless: the way comes back to '{name}' without a wait"
        )


def _idle_loop(plan: Plan) -> str:
    """A step from which a way returns to itself without ever waiting; "" where none does.

    Steps that wait are taken out, then again and again those from which no way goes on;
    what is left stands on or before a loop, and following it for long enough is on it.
    """
    ways = {
        name: {to for to in exits(node) if to != END}
        for name, node in plan.nodes.items()
        if not STEPS[node.kind].waits
    }
    while True:
        ways = {name: to & ways.keys() for name, to in ways.items()}
        going = {name: to for name, to in ways.items() if to}
        if len(going) == len(ways):
            break
        ways = going
    name = next(iter(ways), "")
    for _ in ways:
        name = min(ways[name])
    return name
