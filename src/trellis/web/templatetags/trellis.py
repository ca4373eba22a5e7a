"""The small vocabulary of the templates: icons, badges, numbers, times.

Loaded as builtins, so every template has it. People, stages, temperatures, channels and
states look the same wherever they appear because they are drawn here only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import dateformat, formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from trellis.core import clock
from trellis.people import masking
from trellis.people.names import WIDE
from trellis.rules import evaluate, private
from trellis.web.staff import names, words
from trellis.web.staff.shell import VENDOR

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; with a ``label`` it speaks, otherwise it is decoration."""
    voice = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" {}><use href="{}#i-{}"></use></svg>',
        voice,
        static(VENDOR["icons"]),
        name,
    )


@register.filter
def n(value: Any) -> str:
    """A number as the reader's language groups it; "–" for none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def percent(part: Any, whole: Any) -> int:
    """``part`` of ``whole`` in whole per cents, 0 of nothing."""
    return round(100 * part / whole) if whole else 0


@register.filter
def total(values: Any) -> int:
    """The sum of some counts."""
    return sum(values)


@register.filter
def line_label(points: Any) -> tuple[int, int]:
    """Where the label of a line of a picture stands: above its last stretch."""
    x, y = points[-1]
    return x, y - 8 if len(points) > 1 else y


@register.filter
def signed(value: Any) -> str:
    """A number with its sign: +5, −10, 0."""
    return f"+{value}" if value > 0 else str(value).replace("-", "−")


def _ago(then: datetime) -> str:
    seconds = int((clock.now() - then).total_seconds())
    future, size = seconds < 0, abs(seconds)
    if size < 45:
        return gettext("just now") if not future else gettext("in a moment")
    for limit, unit, one, many in (
        (3600, 60, "%(n)d min", "%(n)d min"),
        (86_400, 3600, "%(n)d h", "%(n)d h"),
        (86_400 * 30, 86_400, "%(n)d day", "%(n)d days"),
    ):
        if size < limit:
            count = max(1, round(size / unit))
            text = ngettext(one, many, count) % {"n": count}
            return (
                gettext("in %(time)s") % {"time": text}
                if future
                else gettext("%(time)s ago") % {"time": text}
            )
    return formats.date_format(timezone.localtime(then), "DATE_FORMAT")


@register.filter
def country(code: str) -> str:
    """The name of a country."""
    return names.country(code) if code else ""


@register.filter
def language(tag: str) -> str:
    """The name of a language."""
    return names.language(tag) if tag else ""


@register.filter
def ago(then: datetime | None) -> SafeString | str:
    """How long ago (or how far ahead) a time is; the exact time is in the tooltip."""
    if then is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', then.isoformat(), exact(then), _ago(then)
    )


@register.filter
def exact(then: datetime | date | None) -> str:
    """A date, or a date with its time, in the reader's language and zone."""
    if then is None:
        return "–"
    if isinstance(then, datetime):
        local = timezone.localtime(then)
        return f"{formats.date_format(local, 'DATE_FORMAT')}, {dateformat.format(local, 'H:i')}"
    return formats.date_format(then, "DATE_FORMAT")


@register.filter
def clock_time(then: datetime) -> str:
    """Only the time of day, in the reader's zone."""
    return dateformat.format(timezone.localtime(then), "H:i")


@register.filter
def called(who: Any, contact_id: int) -> str:
    """How a contact is called wherever a name stands: by name, else by address or number,
    else as the visitor of a number; ``who`` may be None where the person is gone."""
    name = getattr(who, "name", "")
    return str(name) if name else "{} #{}".format(gettext("Visitor"), contact_id)


@register.filter
def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    parts = [part for part in name.replace("@", " ").split() if part[0].isalnum()]
    if not parts:
        return ""
    first = parts[0]
    if first[0] >= WIDE:  # the given name is what people of these scripts are told apart by
        return first[-2:] if len(parts) == 1 else parts[-1][:1]
    if len(parts) == 1 or "@" in name:
        return first[:1].upper()
    return (first[:1] + parts[-1][:1]).upper()


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """A value by a key that is a variable; None where there is none."""
    return mapping.get(key)


@register.filter
def as_json(value: Any) -> str:
    """Readable JSON, as people's languages are written."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.simple_tag
def temperature(value: str) -> SafeString:
    """The badge of a temperature."""
    label, symbol = words.TEMPERATURES.get(value, (value, "temperature"))
    return format_html('<span class="tag temp-{}">{}{}</span>', value, icon(symbol), label)


@register.simple_tag
def stage(found: Any) -> SafeString | str:
    """The badge of a stage (a ``leads.queries.StageRow``); its bar shows how far it is."""
    if found is None:
        return ""
    return format_html(
        '<span class="tag stage"><i style="--at:{}%"></i>{}</span>', found.share, found.name
    )


@register.simple_tag
def state(kind: str, value: str) -> SafeString:
    """The badge of a state; ``kind`` names the table of ``words.STATES``."""
    label, tone, symbol = words.STATES[kind].get(value, (value, "", "circle-dashed"))
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(symbol), label)


@register.simple_tag
def label(found: Any) -> SafeString | str:
    """A tag of contacts (a ``people.models.Tag``) in its colour."""
    if found is None:
        return ""
    return format_html('<span class="tag c-{}">{}</span>', found.colour, found.name)


@register.simple_tag
def channel(value: str) -> SafeString:
    """The badge of a channel."""
    label, symbol = words.CHANNELS.get(value, (value, "message"))
    return format_html('<span class="tag quiet">{}{}</span>', icon(symbol), label)


@register.simple_tag
def segment_kind(value: str) -> SafeString:
    """The badge of how a segment gets its members."""
    label, symbol = words.SEGMENT_KINDS.get(value, (value, "filter"))
    return format_html('<span class="tag quiet">{}{}</span>', icon(symbol), label)


@register.simple_tag
def spark(values: Sequence[int]) -> SafeString:
    """A small line of some numbers, oldest first; nothing for fewer than two."""
    if len(values) < 2:
        return mark_safe("")
    low, high = min(values), max(values)
    step, span = 72 / (len(values) - 1), (high - low) or 1
    points = " ".join(
        f"{step * i:.1f},{18 - 15 * (value - low) / span if high > low else 10:.1f}"
        for i, value in enumerate(values)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 72 20" aria-hidden="true"><polyline points="{}"/></svg>',
        points,
    )


@register.filter
def reason(code: str) -> str:
    """A reason code in words."""
    return str(words.REASONS.get(code, code.replace("_", " ").capitalize()))


@register.filter
def alike(code: str) -> str:
    """Why two contacts may be one person, in words."""
    return str(words.ALIKE.get(code, code))


@register.filter
def purpose(code: str) -> str:
    """A purpose of consent in words."""
    return str(words.PURPOSES.get(code, code))


@register.filter
def basis(code: str) -> str:
    """A legal basis in words."""
    return str(words.BASES.get(code, code))


@register.filter
def bucket(key: str) -> str:
    """A bucket of the score in words."""
    return str(words.BUCKETS.get(key, (key,))[0])


@register.filter
def identity(kind: str) -> str:
    """A kind of identity in words."""
    return str(words.IDENTITIES.get(kind, (kind,))[0])


@register.filter
def actor_name(label: str) -> str:
    """``user:3 Ann`` as people read it: Ann."""
    if label in {"", "system"}:
        return gettext("Trellis")
    kind, _, rest = label.partition(" ")
    return rest if ":" in kind and rest else label


@register.filter
def rule_shown(text: str) -> str:
    """A stored rule's JSON as who reads now may see it."""
    if not masking.veiled():
        return text
    try:
        rule = json.loads(text or "{}")
    except ValueError:
        return text
    return json.dumps(private.shown(rule, evaluate.fields()), ensure_ascii=False)


@register.inclusion_tag("parts/avatar.html")
def avatar(name: str, known: bool = True, size: str = "") -> dict[str, Any]:
    """The round sign of a person."""
    return {"name": name, "known": known, "size": size, "letters": initials(name or "")}


@register.inclusion_tag("parts/empty.html")
def empty(
    symbol: str, title: str, text: str, url: str = "", action: str = ""
) -> dict[str, Any]:
    """What stands where there is nothing yet: what would be here, and how to begin."""
    return {"symbol": symbol, "title": title, "text": text, "url": url, "action": action}


@register.inclusion_tag("parts/progress.html")
def progress(value: int, label: str) -> dict[str, Any]:
    """A labelled progress bar, 0 to 100."""
    return {"value": max(0, min(100, int(value or 0))), "label": label}


@register.inclusion_tag("parts/field.html")
def field(bound: Any, wide: bool = False) -> dict[str, Any]:
    """A form field with its label, hint and errors."""
    return {"field": bound, "wide": wide}


@register.inclusion_tag("parts/pager.html", takes_context=True)
def pager(context: Mapping[str, Any], page: Any) -> dict[str, Any]:
    """The foot of a keyset-paged list."""
    request = context["request"]
    following = request.GET.copy()
    following["after"] = page.next
    first = request.GET.copy()
    first.pop("after", None)
    return {
        "page": page,
        "next_url": f"?{following.urlencode()}" if page.next else "",
        "first_url": f"?{first.urlencode()}" if request.GET.get("after") else "",
    }
