"""Why a rule holds for a contact, or not: every leaf with the value it looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.core import db
from trellis.people import masking
from trellis.rules import private, types
from trellis.rules.behaviour import looks_at
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import fields as current_fields
from trellis.rules.operators import OPERATORS
from trellis.rules.params import THESE, Params
from trellis.rules.registry import Field
from trellis.rules.types import Leaf, Rule
from trellis.rules.words import actual_day, field_words, leaf_sentence, said_words, window_words


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node of a rule: what it asks, whether it holds, and, for a leaf, the actual value
    (as JSON, and in words). ``kind`` is all, any, none or leaf."""

    kind: str
    holds: bool
    sentence: str
    actual: Any = None
    words: str = ""
    parts: tuple[Explanation, ...] = ()


class Answer(NamedTuple):
    """Of one leaf: whether it holds, what it looked at, and since when that has been so (of a
    sequence: the value that was the same)."""

    holds: bool
    actual: Any
    since: Any


def explain(
    rule: Rule, contact_id: int, now: datetime, fields: Mapping[str, Field] | None = None
) -> Explanation:
    """Explain a rule for one contact at ``now`` with the very SQL that decides it.

    A leaf of choices shows the key of its value. Scores, stage and segments are read as
    they stand. A contact that does not exist, or was
    merged away, holds nothing.
    """
    known = fields if fields is not None else current_fields()
    return explain_all([rule], contact_id, now, known)[0]


def explain_all(
    rules: Sequence[Rule], contact_id: int, now: datetime, fields: Mapping[str, Field]
) -> list[Explanation]:
    """Explain several rules for one contact, in their order: one query for all of them."""
    leaves = [leaf for rule in rules for leaf in types.leaves(rule)]
    found = _ask(leaves, contact_id, now, fields) if leaves else None
    answers = iter(found if found is not None else [Answer(False, None, None)] * len(leaves))
    return [_tree(rule, answers, fields) for rule in rules]


def _ask(
    leaves: list[Leaf], contact_id: int, now: datetime, fields: Mapping[str, Field]
) -> list[Answer] | None:
    params = Params()
    compiler = Compiler(fields, params=params)
    columns = [
        f"{compiler.predicate(leaf)}, {compiler.value(leaf)}::text, {compiler.since(leaf)}::text"
        for leaf in leaves
    ]
    rows = db.fetch(
        f"SELECT {', '.join(columns)} {compiler.frame(THESE)}",
        params.bind(now) | {"ids": [contact_id]},
    )
    if not rows:
        return None
    row = rows[0]
    return [Answer(row[i], _json(row[i + 1]), _json(row[i + 2])) for i in range(0, len(row), 3)]


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _tree(rule: Rule, answers: Iterator[Answer], fields: Mapping[str, Field]) -> Explanation:
    if isinstance(rule, Leaf):
        holds, actual, since = next(answers)
        actual = private.actual(rule.field, actual, fields)
        words = _words(rule, actual, fields)
        if isinstance(since, str) and rule.same:
            words += f" (“{masking.value(rule.same, since)}”)"
        elif isinstance(since, str):
            words += _(", since %(day)s") % {"day": actual_day(since)}
        return Explanation(
            "leaf",
            holds,
            leaf_sentence(rule, fields),
            _by_key(rule, actual, fields),
            words,
        )
    parts = tuple(_tree(part, answers, fields) for part in rule.parts)
    if types.is_empty(rule):
        return Explanation(rule.kind, False, _("nobody"), parts=parts)
    held = [part.holds for part in parts]
    holds = {"all": all(held), "any": any(held), "none": not any(held)}[rule.kind]
    label = {"all": _("all of"), "any": _("any of"), "none": _("none of")}[rule.kind]
    return Explanation(rule.kind, holds, label, parts=parts)


def _by_key(leaf: Leaf, actual: Any, fields: Mapping[str, Field]) -> Any:
    """The value of a closed field by its key instead of the database's id."""
    keys = {choice.id: choice.key for choice in fields[leaf.field].choices or ()}
    if isinstance(actual, list) and leaf.type == types.CHOICES:
        return [keys.get(item, item) for item in actual]
    return actual if isinstance(actual, list) else keys.get(actual, actual)


def _words(leaf: Leaf, actual: Any, fields: Mapping[str, Field]) -> str:
    if words := said_words(leaf, actual, fields):
        return words
    label = field_words(leaf, fields)
    if actual is None and leaf.type == types.SIGNAL and looks_at(leaf.op) != "avg":
        return _nothing(leaf, label)
    said = str(OPERATORS[leaf.op].explanation).format(
        field=label,
        actual=_actual_words(leaf, actual, fields),
        window=window_words(leaf.within),
    )
    return said.strip()


def _nothing(leaf: Leaf, label: str) -> str:
    """What is said of behaviour in which there is nothing to look at."""
    if not OPERATORS[leaf.op].valued:
        return _("%(field)s: never") % {"field": label}
    window = window_words(leaf.within)
    return (_("%(field)s: no value %(window)s") % {"field": label, "window": window}).strip()


def _actual_words(leaf: Leaf, actual: Any, fields: Mapping[str, Field]) -> str:
    if actual is None or actual in ("", []):
        return _("not given") if leaf.type == types.CONSENT else _("empty")
    if leaf.type == types.CONSENT:
        return _("given") if actual else _("withdrawn")
    if leaf.type == types.SIGNAL:
        return _behaved_words(leaf, actual)
    choices = fields[leaf.field].choices or ()
    labels = {id_: str(choice.label) for choice in choices for id_ in choice.also}
    labels |= {choice.id: str(choice.label) for choice in choices}
    if leaf.type in (types.CHOICES, types.CHOICE):
        items = actual if isinstance(actual, list) else [actual]
        return ", ".join(f"“{labels.get(item, item)}”" for item in items)
    if isinstance(actual, bool):
        return _("yes") if actual else _("no")
    if isinstance(actual, list):
        return ", ".join(str(labels.get(item, item)) for item in actual)
    if isinstance(actual, int | float):
        shown = round(actual, 2) if leaf.type == types.RANDOM else actual
        return str(formats.localize(shown, use_l10n=True))
    return actual_day(actual) if leaf.type == types.DATE else f"“{actual}”"


def _behaved_words(leaf: Leaf, actual: Any) -> str:
    what = looks_at(leaf.op)
    if what == "n":
        return ngettext("%(n)s time", "%(n)s times", actual) % {"n": actual}
    if what == "days":
        return ngettext("on %(n)s day", "on %(n)s days", actual) % {"n": actual}
    if isinstance(actual, int | float):
        return str(formats.localize(round(actual, 2), use_l10n=True))
    if what in ("latest", "earliest"):
        return f"“{actual}”"
    return actual_day(actual)
