"""Rules of those who may not see private data: nobody is spelt out letter by letter.

"The email begins with a" and a count of one would say what no page shows. So whoever reads
without the right ``contacts.see_private`` may ask of a private field only whether it is
there, or whether it is exactly a whole value that they know already. This is asked where a
rule is written (``parse.written``), and nowhere else: rules of others go on working, with
their private values veiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import override

from trellis.people import masking
from trellis.rules.registry import PROPS, Field, PropFields
from trellis.rules.types import Group, Leaf, Problem, Rule, RuleError

WHOLE = frozenset({"eq", "ne", "in", "not_in", "has", "has_not", "empty", "not_empty"})
"""Operators that compare whole values, or only ask whether there is one."""
MOST = 20
"""Whole values that one such condition may name, so that nobody tries a directory."""


HIDDEN = "address"
"""A name whose values ``masking`` hides altogether."""


class VeiledRule(RuleError):
    """The rule asks for what you may not see."""

    code = "forbidden"
    status = 403


def problems(rule: Rule, fields: Mapping[str, Field], path: str = "") -> list[Problem]:
    """The conditions that whoever looks now may not write, each with its place; none where
    private data may be seen."""
    if not masking.veiled():
        return []
    if isinstance(rule, Group):
        found = []
        for place, part in enumerate(rule.parts):
            inside = f"{path}.{rule.kind}" if path else rule.kind
            found += problems(part, fields, f"{inside}[{place}]")
        return found
    if rule.event is not None and rule.event.filter is not None:
        known = properties(rule.event.type)
        return problems(rule.event.filter, known, f"{path}.event.filter".lstrip("."))
    reason = _refusal(rule, fields.get(rule.field))
    return [Problem(f"{path}.op".lstrip("."), reason)] if reason else []


def _refusal(leaf: Leaf, field: Field | None) -> str:
    if field is None or not field.private:
        return ""
    said = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    right = {"right": "contacts.see_private"}
    if any(masking.DOTS in str(one) for one in said):
        return _("This value is veiled. To change it takes the right %(right)s.") % right
    if leaf.op in WHOLE and len(said) <= MOST:
        return ""
    return _(
        "Of %(field)s you may ask only whether it is known, or exactly a whole value: more"
        " takes the right %(right)s."
    ) % {"field": field.label, **right}


class _Persons(PropFields):
    """The properties of what says who somebody is, where a name is a person's."""

    @override
    def __getitem__(self, key: str) -> Field:
        found = super().__getitem__(key)
        return replace(found, private=True) if key == "prop.name" else found


PERSONS = _Persons()


def properties(event_type: str) -> PropFields:
    """The properties of events of a type, as fields that know whether they are private."""
    return PERSONS if event_type == "identify" else PROPS


def shown(rule: Any, fields: Mapping[str, Field]) -> Any:
    """The JSON of a stored rule as it may be shown: private values veiled, others as they
    are."""
    if not masking.veiled():
        return rule
    if isinstance(rule, list):
        return [shown(part, fields) for part in rule]
    if not isinstance(rule, Mapping):
        return rule
    known = properties(str(rule.get("type", "")))
    found = {
        key: shown(part, known if key == "filter" else fields) for key, part in rule.items()
    }
    if "op" in rule and "value" in rule:
        found["value"] = actual(str(rule.get("field", "")), rule["value"], fields)
    return found


def actual(key: str, said: Any, fields: Mapping[str, Field]) -> Any:
    """The value of a field that a rule reads, or names, as it may be shown."""
    return masking.value(_named(key, fields), said)


def words(text: str, leaf: Leaf, fields: Mapping[str, Field]) -> str:
    """A value in words, veiled where it is private."""
    if not masking.veiled():
        return text
    return str(masking.value(_named(leaf.field, fields), text))


def _named(key: str, fields: Mapping[str, Field]) -> str:
    """The name by which ``masking.value`` knows how to veil the values of a field."""
    field = fields.get(key) or PROPS.get(key)
    name = key.rpartition(".")[2]
    if field is None or not field.private:
        return ""
    return name if masking.hides(name) else HIDDEN
