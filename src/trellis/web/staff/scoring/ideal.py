"""The ideal buyer: what the won customers have in common, as a page and as a card."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from trellis.leads.models import Line
from trellis.scoring import ideal
from trellis.scoring.ideal import Dimension, Way
from trellis.segments.models import Segment
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import remember
from trellis.web.staff.scoring.shared import model_of
from trellis.web.staff.valued import NAMES

SHOWN, IN_CARD = 12, 3


@page("scoring.read")
def index(request: StaffRequest) -> HttpResponseBase:
    """Won customers beside everybody, or beside ``?segment=``; ``?card=1`` is the short
    form for the page of a segment."""
    lines = list(Line.objects.order_by("-default", "name"))
    line = next((one for one in lines if str(one.pk) == request.GET.get("line")), lines[0])
    segments = Segment.objects.filter(archived_at__isnull=True).order_by("name")
    segment = segments.filter(pk=_number(request.GET.get("segment", ""))).first()
    number = segment.pk if segment else None
    found = remember(
        f"ideal-{line.pk}-{number}",
        lambda: ideal.profile(request.actor, line.pk, number),
    )
    card = "card" in request.GET
    context = {
        "model": model_of(None),
        "found": found,
        "line": line,
        "lines": lines,
        "segment": segment,
        "segments": segments,
        "other": segment.name if segment else _("everybody"),
        "dimensions": [_shown(one) for one in found.dimensions[: IN_CARD if card else SHOWN]],
        "ways": [
            _way(label, unit, way)
            for label, unit, way in (
                (_("Days on which they did something before"), "touches", found.engagements),
                (_("Days from first sight to purchase"), "days", found.days),
            )
            if way is not None
        ],
    }
    template = "staff/scoring/ideal_card.html" if card else "staff/scoring/ideal.html"
    return render(request, template, context)


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0


def _shown(one: Dimension) -> dict[str, Any]:
    say = NAMES.get(one.key.removeprefix("contact."), str)
    most = max((max(share.won, share.base) for share in one.shares), default=0) or 1
    return {
        "label": one.label,
        "known_won": round(100 * one.known_won),
        "known_base": round(100 * one.known_base),
        "shares": [
            {
                "share": share,
                "said": say(share.label),
                "won": _percent(share.won),
                "base": _percent(share.base),
                "won_at": round(100 * share.won / most),
                "base_at": round(100 * share.base / most),
                "lift": None if share.lift is None else f"{share.lift:.1f}",
            }
            for share in one.shares
        ],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if 0 < share < 0.1 else str(round(100 * share))


def _way(label: str, key: str, way: Way) -> dict[str, Any]:
    return {
        "label": label,
        "id": f"way-{key}",
        "median": f"{way.median:g}",
        "plot": {
            "labels": [name for name, _n in way.bands],
            "series": [{"name": _("People"), "data": [n for _name, n in way.bands]}],
        },
    }
