"""What templates say about leads: outcomes, teams, lengths of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trellis.core import clock
from trellis.web.staff import lead_words
from trellis.web.templatetags.trellis import icon

register = template.Library()


@register.simple_tag
def outcome(value: str) -> SafeString:
    """The badge of how a lead stands: open, won, lost, disqualified."""
    label, tone, symbol = lead_words.OUTCOMES.get(value, (value, "", "circle-dashed"))
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(symbol), label)


@register.filter
def team(key: str) -> str:
    """Who works a stage."""
    return str(lead_words.TEAMS.get(key, key))


@register.filter
def lasting(span: timedelta | str | None) -> str:
    """A length of time; "–" for none."""
    return "–" if not isinstance(span, timedelta) else lead_words.length(span)


@register.filter
def for_how_long(since: datetime) -> str:
    """How long something has been so."""
    return lead_words.length(clock.now() - since)


@register.filter
def share(part: float) -> str:
    """A share of one as per cents, one digit behind the point where it is small."""
    value = 100 * part
    text = formats.number_format(value, decimal_pos=1 if value < 10 else 0, use_l10n=True)
    return f"{text} %"
