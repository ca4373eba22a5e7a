"""Words of the pages that show how Trellis runs: counters, attributes, signals."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.core.errors import TrellisError
from trellis.events.models import Signal
from trellis.rules import words as sentences
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.rules.types import EventRef, Rule
from trellis.web.staff import words

register = template.Library()

COUNTERS: dict[str, str | Promise] = {
    "accepted": _("Accepted"),
    "rejected": _("Rejected"),
    "noted": _("Put right"),
    "arrival": _("Came by a message"),
    "duplicate": _("Came twice"),
    "form_spam": _("Spam in forms"),
    "chain_cut": _("Chains cut"),
    "segment_size": _("Segment sizes put right"),
}


@register.filter
def counter_name(name: str) -> str | Promise:
    """What a counter counts."""
    return COUNTERS.get(name, name.replace("_", " ").capitalize())


@register.filter
def attribute_type(name: str) -> str | Promise:
    """The type of an attribute in words."""
    return words.ATTRIBUTE_TYPES.get(name, name)


@register.filter
def bucket(name: str) -> str | Promise:
    """The class of an attribute, signal or rule in words."""
    found = words.BUCKETS.get(name)
    return found[0] if found else name


@register.filter
def signal_words(signal: Signal) -> str:
    """What a signal counts, as a sentence; its filter as it is where it cannot be read."""
    rule: Rule | None = None
    if signal.filter:
        try:
            rule = parse(signal.filter, PROPS)
        except TrellisError:
            return f"“{signal.event_name}” {signal.filter}"
    return sentences.event_words(
        EventRef(type=signal.event_type, name=signal.event_name, filter=rule)
    )
