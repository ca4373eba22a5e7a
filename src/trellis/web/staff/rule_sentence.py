"""A rule as a sentence with its conditions in bold, wherever a rule is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trellis.rules import evaluate, types
from trellis.rules.parse import parse
from trellis.rules.registry import Field
from trellis.rules.types import Leaf, Problem, Rule, RuleError
from trellis.rules.words import leaf_sentence


def sentence(rule: Rule, fields: Mapping[str, Field]) -> SafeString:
    """“People for whom **city is “Girona”** and **score is at least 35**”, as HTML."""
    if types.is_empty(rule):
        return format_html("{}", _("Nobody: the rule has no condition yet."))
    return format_html(_("People for whom {}"), _node(rule, fields, top=True))


def _node(rule: Rule, fields: Mapping[str, Field], *, top: bool = False) -> SafeString:
    if isinstance(rule, Leaf):
        return format_html("<b>{}</b>", leaf_sentence(rule, fields))
    if types.is_empty(rule):
        return format_html("<b>{}</b>", _("nobody"))
    joiner = {"all": _(" and "), "any": _(" or "), "none": "; "}[rule.kind]
    parts = format_html_join(joiner, "{}", ((_node(part, fields),) for part in rule.parts))
    if rule.kind == "none":
        return format_html(_("none of these holds: {}"), parts)
    return parts if top or len(rule.parts) == 1 else format_html("({})", parts)


def shown(data: Any) -> tuple[SafeString | str, list[Problem]]:
    """A stored rule as a sentence, or what is wrong with it now."""
    known = evaluate.fields()
    try:
        return sentence(parse(data, known), known), []
    except RuleError as error:
        return "", list(error.problems)
