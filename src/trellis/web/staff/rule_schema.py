"""What a rule may be made of, as the rule builder needs it: fields, operators, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trellis.core import clock
from trellis.events import queries as events
from trellis.people.models import Attribute
from trellis.rules import evaluate, offers
from trellis.rules.operators import OPERATORS, Operator
from trellis.rules.options import options_for
from trellis.rules.registry import Choice, Field, Past
from trellis.rules.types import DATE, NUMBER, SEGMENT
from trellis.web.staff.memo import remember
from trellis.web.staff.rule_words import DESCRIPTIONS, words
from trellis.web.staff.words import CHANNELS
from trellis.web.templatetags.trellis import n as grouped

_LASTING = {
    "since": Field("any", "", SEGMENT),
    "past": Field("any", "", NUMBER, past=Past("", "", "")),
}
"""Fields that remember since when they are so, or what they were before, to ask which
operators can use that."""


def schema() -> dict[str, Any]:
    """Everything the builder offers, in the reader's language."""
    known = evaluate.fields()
    cover = remember("rule coverage", lambda: offers.coverage(known, clock.now()))
    described = dict(Attribute.objects.values_list("key", "description"))
    return {
        "fields": [
            {
                **_field(field),
                "description": _about(field, described),
                "note": _note(cover, field),
            }
            for field in known.values()
            if field.event is None or not field.event.each
        ],
        "operators": [_operator(operator) for operator in OPERATORS.values()],
        "events": [
            {
                "type": row.type,
                "name": row.name,
                "label": row.name,
                "description": row.description,
            }
            for row in events.catalogue()
        ],
        "channels": [[key, str(label)] for key, (label, _icon) in CHANNELS.items()],
        "words": words(),
    }


def _field(field: Field) -> dict[str, Any]:
    options = {name for row in OPERATORS.values() for name in options_for(field, row)}
    return {
        "key": field.key,
        "label": str(field.label),
        "type": field.type,
        "group": str(field.group),
        "level": field.level,
        "suggests": offers.offers(field),
        "choices": _choices(field.choices),
        "narrows": [
            {
                "key": narrow.key,
                "label": str(narrow.label),
                "choices": _choices(narrow.choices),
            }
            for narrow in field.narrows
        ],
        "options": sorted(options & {"channel", "zone", "salt"}),
        "lasts": ("past" if field.past else "since") if "for" in options else "",
        "keeps": _keeps(field),
        "counts": None
        if field.event is None
        else {"type": field.event.type, "name": field.event.name},
    }


def _keeps(field: Field) -> dict[str, str] | None:
    """The property that a signal keeps, with its event; None for all other fields."""
    event = field.event
    if not field.ref or event is None or not event.value_prop:
        return None
    return {"type": event.type, "name": event.name, "value_prop": event.value_prop}


def _choices(choices: Sequence[Choice] | None) -> list[dict[str, str]] | None:
    if choices is None:
        return None
    return [{"key": choice.key, "label": str(choice.label)} for choice in choices]


def _operator(operator: Operator) -> dict[str, Any]:
    dated = operator.date_label
    return {
        "key": operator.key,
        "label": str(operator.label),
        "labels": {} if dated is None else {DATE: str(dated)},
        "types": sorted(operator.types),
        "value": operator.value,
        "windowed": operator.windowed,
        "ordered": operator.ordered,
        "paired": operator.paired,
        "renounced": operator.renounced,
        "valued": operator.valued,
        "lasting": [
            name for name, field in _LASTING.items() if "for" in options_for(field, operator)
        ],
    }


def _about(field: Field, described: Mapping[str, str]) -> str:
    if field.key.startswith("attr."):
        return described.get(field.key.removeprefix("attr."), "")
    return str(DESCRIPTIONS.get(field.key, ""))


def _note(cover: offers.Coverage, field: Field) -> str:
    """How many people have a field: exactly, or as a share of those looked at."""
    if not cover.looked or field.key not in cover.filled:
        return ""
    n = cover.filled[field.key]
    if cover.whole:
        return ngettext("%(n)s person", "%(n)s people", n) % {"n": grouped(n)}
    share = 100 * n / cover.looked
    return _("%(n)s %%") % {"n": grouped(round(share)) if share >= 1 or not n else "<1"}
