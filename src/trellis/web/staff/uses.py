"""Who uses what, with the pages to go to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.rules.usage import Use

KINDS: dict[str, tuple[str | Promise, str, str]] = {
    "segment": (_("Segment"), "filter", "segments-detail"),
    "score rule": (_("Score rule"), "gauge", "scoring-rule"),
    "stage": (_("Stage"), "stairs-up", "stages"),
    "gate of stage": (_("Gate"), "lock", "stages"),
    "reason": (_("Reason"), "circle-x", "stages"),
    "enrichment": (_("Enrichment"), "database", "enrichment-edit"),
    "journey": (_("Journey"), "route", "journeys-detail"),
    "form": (_("Form"), "forms", "forms-edit"),
    "template": (_("Template"), "template", "templates"),
    "broadcast": (_("Broadcast"), "send", "messages"),
    "line": (_("Business line"), "git-branch", "stages"),
    "funnel": (_("Funnel"), "filter-down", "reports-funnel"),
}
"""Kind of a use → its word, icon, and the page of one."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Something that reads a segment or signal: its word, name, icon and page ("" none)."""

    label: str | Promise
    name: str
    icon: str
    url: str


def shown(found: Iterable[Use]) -> list[Shown]:
    """Uses as pages show them, each once."""
    out: dict[tuple[str, int], Shown] = {}
    for use in found:
        label, icon, place = KINDS.get(use.kind, (use.kind, "circle-dot", ""))
        out.setdefault(
            (use.kind, use.id),
            Shown(label=label, name=use.name, icon=icon, url=_url(place, use)),
        )
    return list(out.values())


def _url(place: str, use: Use) -> str:
    for args in ([use.id], []):
        try:
            return reverse(place, args=args)
        except NoReverseMatch:
            continue
    return ""
