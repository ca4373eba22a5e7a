"""Who uses what: nothing that a rule reads can be taken away unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from trellis.core.registry import Registry
from trellis.rules import counted, registry
from trellis.rules.types import SIGNAL, Leaf


@dataclass(frozen=True, slots=True)
class Use:
    """A stored rule (its JSON) and what it belongs to: ``kind`` segment, stage, journey …"""

    kind: str
    id: int
    name: str
    rule: Any


USERS: Registry[Callable[[], Iterable[Use]]] = Registry("rule users")
"""Name of a domain to a function that lists its live rules; filled in ``apps.ready``."""


def of_segment(key: str) -> list[Use]:
    """The rules that read a segment."""
    return _where(lambda leaf: leaf.get("field") == "segment" and key in _values(leaf))


def of_stage(key: str, field: str = "stage") -> list[Use]:
    """The rules that read a stage; ``field`` is that of its line."""
    return _where(lambda leaf: leaf.get("field") == field and key in _values(leaf))


def of_fields(test: Callable[[str], bool]) -> list[Use]:
    """The rules that read a field whose key passes ``test``."""
    return _where(lambda leaf: test(str(leaf.get("field", ""))))


def of_signal(key: str) -> list[Use]:
    """The rules that read a signal, by its key or as behaviour under a name of its own."""
    known = registry.snapshot()

    def reads(leaf: dict[str, Any]) -> bool:
        if key in (leaf.get("not_since"), leaf.get("after"), leaf.get("by")):
            return True
        short = _narrowed(leaf)
        found = [counted.counted(short, known), *counted.keyed(short, known)]
        return leaf.get("field") == f"signal.{key}" or any(
            field is not None and field.key == f"signal.{key}" for field in found
        )

    return _where(reads)


def _narrowed(leaf: dict[str, Any]) -> Leaf:
    """As much of a stored leaf as says which behaviour it counts."""
    narrows = leaf.get("of") or {}
    of = tuple(sorted((name, tuple(values)) for name, values in narrows.items()))
    return Leaf(
        str(leaf.get("field", "")),
        "did",
        None,
        SIGNAL,
        of=of,
        by=str(leaf.get("by") or ""),
        not_since=str(leaf.get("not_since") or ""),
        same=str(leaf.get("same") or ""),
    )


def readers_of_signals() -> Counter[str]:
    """How many things read each signal, by its key; one pass over all rules."""
    found: Counter[str] = Counter()
    for provider in USERS.values():
        for use in provider():
            keys = set()
            for leaf in _leaves(use.rule):
                keys |= {
                    str(leaf.get(name))
                    for name in ("not_since", "after", "by")
                    if leaf.get(name)
                }
                field = str(leaf.get("field", ""))
                if field.startswith("signal."):
                    keys.add(field.removeprefix("signal."))
            found.update(keys)
    return found


def of_attribute(key: str) -> list[Use]:
    """The rules that read an attribute."""
    return _where(lambda leaf: leaf.get("field") == f"attr.{key}")


def of_field(key: str) -> list[Use]:
    """The rules that read a field."""
    return _where(lambda leaf: leaf.get("field") == key)


def of_score(key: str) -> list[Use]:
    """The rules that read a score model by its own name."""
    return _where(lambda leaf: str(leaf.get("field")).startswith(f"score.{key}."))


def of_company_attribute(key: str) -> list[Use]:
    """The rules that read an attribute of companies."""
    return _where(lambda leaf: leaf.get("field") == f"company.attr.{key}")


def of_option(key: str, option: str, of: str = "contact") -> list[Use]:
    """The rules that name an option of an attribute."""
    field = f"attr.{key}" if of == "contact" else f"company.attr.{key}"
    return _where(lambda leaf: leaf.get("field") == field and option in _values(leaf))


def of_tag(key: str) -> list[Use]:
    """The rules that name a tag."""
    return _where(lambda leaf: leaf.get("field") == "contact.tags" and key in _values(leaf))


def segment_keys(rule: Any) -> set[str]:
    """The keys of the segments that a rule, as JSON, reads."""
    return {
        str(key)
        for leaf in _leaves(rule)
        if leaf.get("field") == "segment"
        for key in _values(leaf)
    }


def _where(test: Callable[[dict[str, Any]], bool]) -> list[Use]:
    return [
        use
        for provider in USERS.values()
        for use in provider()
        if any(test(leaf) for leaf in _leaves(use.rule))
    ]


def _leaves(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        if "op" in data:
            yield data
        for value in data.values():
            yield from _leaves(value)
    elif isinstance(data, list):
        for item in data:
            yield from _leaves(item)


def _values(leaf: dict[str, Any]) -> list[Any]:
    value = leaf.get("value")
    return value if isinstance(value, list) else [value]
