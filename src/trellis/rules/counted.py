"""Which signals answer a leaf: of behaviour by its own name, and of what must be the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from trellis.rules.registry import Field, Fields, Narrow
from trellis.rules.types import NUMBER, SIGNAL, TEXT, EventRef, Group, Leaf, Rule, leaves


def pending(rule: Rule, fields: Mapping[str, Field]) -> bool:
    """Whether a rule reads a field that is not complete yet."""
    return any(field.pending for field in read_by(rule, fields))


def read_by(rule: Rule, fields: Mapping[str, Field]) -> set[Field]:
    """The fields that a rule reads, second signals included; behaviour by its own name as
    the signal that counts it, where there is one."""
    found: set[Field] = set()
    for leaf in leaves(rule):
        first = counted(leaf, fields) or fields.get(leaf.field)
        apart = keyed(leaf, fields)
        others = (fields.get(f"signal.{key}") for key in (leaf.not_since, leaf.after, leaf.by))
        found.update(field for field in (first, *others, *apart) if field is not None)
    return found


def counted(leaf: Leaf, fields: Mapping[str, Field]) -> Field | None:
    """The signal that a leaf of behaviour reads; None where none counts it yet, or for
    other leaves."""
    field = fields.get(leaf.field)
    if field is None or field.type != SIGNAL:
        return None
    if field.ref:
        return field
    event = behaviour(leaf, field)
    return fields.counting(event) if event and isinstance(fields, Fields) else None


def keyed(leaf: Leaf, fields: Mapping[str, Field]) -> list[Field | None]:
    """The signals that keep the values of the property ``same`` apart: of the leaf, of ``by``
    and of ``not_since``; None where none does yet. Empty for leaves without ``same``."""
    known = fields if isinstance(fields, Fields) else None
    return [known.counting(event) if known else None for event in keyed_events(leaf, fields)]


def keyed_events(leaf: Leaf, fields: Mapping[str, Field]) -> list[EventRef]:
    """What those signals count."""
    if not leaf.same:
        return []
    first = leaf.event
    if first is None and (field := fields.get(leaf.field)) is not None:
        first = behaviour(leaf, field) or field.event
    others = [fields.get(f"signal.{key}") for key in (leaf.by, leaf.not_since) if key]
    events = [first, *(field.event if field is not None else None for field in others)]
    return [
        replace(event, value_prop=leaf.same, each=True) for event in events if event is not None
    ]


def behaviour(leaf: Leaf, field: Field) -> EventRef | None:
    """The event that a leaf of behaviour by its own name counts; None for other leaves."""
    if field.event is None or field.ref:
        return None
    parts = [] if field.event.filter is None else [field.event.filter]
    narrows = {narrow.key: narrow for narrow in field.narrows}
    parts += [_narrowed(narrows[key], values) for key, values in leaf.of]
    if not parts:
        return field.event
    condition = parts[0] if len(parts) == 1 else Group("all", tuple(parts))
    return replace(field.event, filter=condition)


def _narrowed(narrow: Narrow, values: tuple[str, ...]) -> Leaf:
    prop = f"prop.{narrow.prop}"
    if narrow.part:
        return Leaf(prop, "contains_any", values, TEXT)
    if narrow.choices is None:
        return Leaf(prop, "in", values, TEXT)
    found = [choice.id for key in values if (choice := narrow.choice(key)) is not None]
    if all(isinstance(id_, int) for id_ in found):
        return Leaf(prop, "in", tuple(Decimal(id_) for id_ in found), NUMBER)
    return Leaf(prop, "in", tuple(str(id_) for id_ in found), TEXT)
