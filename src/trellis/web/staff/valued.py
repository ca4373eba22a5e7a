"""Values of a profile with what they mean and where they came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from trellis.people.models import Definition
from trellis.web.staff import names, words

NAMES: Mapping[str, Callable[[str], str]] = {"country": names.country, "locale": names.language}
"""Built-in fields that hold a code, and who names it."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Before:
    """A value that stood there before."""

    value: str
    source: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Valued:
    """One value: what it is called, what it is, and who says so. ``how`` is active or
    passive; ``weak`` only filled what nobody had said."""

    key: str
    label: str
    type: str
    bucket: str
    how: str
    value: str
    url: str = ""
    source: str = ""
    at: datetime | None = None
    basis: str = ""
    weak: bool = False
    before: Sequence[Before] = field(default_factory=tuple)


def valued(
    values: Mapping[str, Any],
    provenance: Mapping[str, Any],
    known: Mapping[str, Definition],
    labels: Mapping[str, tuple[Any, str]] | None = None,
) -> list[Valued]:
    """The values that are there, by label. ``labels`` gives (label, class) of built-in
    fields."""
    found = []
    for key, value in values.items():
        if value in (None, "", []):
            continue
        definition, entry = known.get(key), provenance.get(key) or {}
        label, bucket = (labels or {}).get(key, (key, "demographic"))
        found.append(
            Valued(
                key=key,
                label=definition.label if definition else str(label),
                type=definition.type if definition else "text",
                bucket=definition.bucket if definition else bucket,
                how=entry.get("how") or (definition.how if definition else "active"),
                value=_named(key, value) or said(value, definition.unit if definition else ""),
                url=str(value) if definition and definition.type == "url" else "",
                source=source_words(str(entry.get("src", ""))),
                at=_moment(entry.get("at")),
                basis=str(entry.get("basis", "")),
                weak=bool(entry.get("weak")),
                before=[
                    Before(
                        value=_named(key, row["value"]) or said(row["value"], ""),
                        source=source_words(str(row["src"])),
                        at=_moment(row["at"]),
                    )
                    for row in entry.get("was", ())
                ],
            )
        )
    return sorted(found, key=lambda row: row.label.lower())


def said(value: Any, unit: str) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and _DAY.fullmatch(value) and (day := parse_date(value)):
        return formats.date_format(day, "DATE_FORMAT")
    return f"{value} {unit}".strip()


def _named(key: str, value: Any) -> str:
    """The name of a country or language that a built-in field holds as a code; "" for what
    is none."""
    return NAMES[key](str(value)) if key in NAMES else ""


def source_words(src: str) -> str:
    """Who said it, in words: an entrance, a member of staff, an enrichment source."""
    if src in words.SOURCES:
        return str(words.SOURCES[src])
    kind, _sep, rest = src.partition(" ")
    if ":" in kind and rest:
        return rest
    entrance, _colon, which = src.partition(":")
    if entrance in ("form", "import") and which:
        return f"{words.SOURCES[entrance]}: {which}"
    return src.removeprefix("enrich:")


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
