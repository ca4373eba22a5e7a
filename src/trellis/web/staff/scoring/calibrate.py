"""The page that holds a score model against won and lost leads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput
from trellis.scoring import calibrate
from trellis.scoring.calibrate import HISTORY, MODEL, Calibration
from trellis.scoring.models import ScoreModel
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.memo import forget, remember
from trellis.web.staff.scoring.shared import model_of


@page("scoring.read", "GET", "POST", change="scoring.write")
def index(request: StaffRequest, model_id: int) -> HttpResponseBase:
    """What the model tells; POST puts suggestions into its draft."""
    model = model_of(model_id)
    if request.method == "POST":
        try:
            calibrate.apply(
                request.actor,
                model.pk,
                clock.now(),
                refs=request.POST.getlist("ref"),
                thresholds=request.POST.get("thresholds") == "on",
            )
        except InvalidInput as error:
            messages.error(request, error.message)
            return redirect("scoring-calibrate", model.pk)
        forget()
        messages.success(request, _("The suggestions are in the draft: look, then publish."))
        return redirect("scoring-model", model.pk)
    by = HISTORY if request.GET.get("by") == HISTORY else MODEL
    found = remember(
        f"calibrate-{model.pk}-{by}",
        lambda: calibrate.calibrate(request.actor, model.pk, clock.now(), by),
    )
    return render(request, "staff/scoring/calibrate.html", _context(model, found))


def _context(model: ScoreModel, found: Calibration) -> dict[str, Any]:
    share = found.share
    return {
        "model": model,
        "found": found,
        "total": found.won + found.lost,
        "area": f"{found.auc:.2f}",
        "area_low": f"{found.auc_low:.2f}",
        "area_high": f"{found.auc_high:.2f}",
        "suggested": None if found.auc_suggested is None else f"{found.auc_suggested:.2f}",
        "better": (found.auc_suggested or 0) > found.auc + 0.005,
        "verdict": _verdict(found.auc),
        "rules": [_shown(rule) for rule in sorted(found.rules, key=lambda one: -one.odds)],
        "deciles": [
            {
                "at": place + 1,
                "low": one.low,
                "high": one.high,
                "n": one.n,
                "won": one.won,
                "lift": f"{one.won / one.n / share:.1f}" if share else "–",
            }
            for place, one in enumerate(found.deciles)
        ],
        "lift_plot": {
            "max": 100,
            "labels": [str(place + 1) for place in range(len(found.deciles))],
            "series": [
                {
                    "name": _("won of a hundred"),
                    "data": [round(100 * one.won / one.n) for one in found.deciles],
                }
            ],
        },
        "roc_plot": {
            "max": 100,
            "labels": [f"{5 * step} %" for step in range(len(found.roc))],
            "series": [
                {"name": _("this model"), "data": [round(100 * y) for y in found.roc]},
                {"name": _("chance"), "data": [5 * step for step in range(len(found.roc))]},
            ],
        },
        "cut_plot": {
            "max": 100,
            "labels": [str(cut.threshold) for cut in found.cuts],
            "series": [
                {
                    "name": _("precision, %"),
                    "data": [round(100 * cut.won / cut.n) for cut in found.cuts],
                },
                {
                    "name": _("recall, %"),
                    "data": [round(100 * cut.won / max(1, found.won)) for cut in found.cuts],
                },
            ],
        },
        "warm_cut": _cut(found, found.warm),
        "hot_cut": _cut(found, found.hot),
    }


def _cut(found: Calibration, threshold: int) -> dict[str, int] | None:
    cut = next((one for one in found.cuts if one.threshold >= threshold), None)
    if cut is None:
        return None
    return {
        "precision": round(100 * cut.won / cut.n),
        "recall": round(100 * cut.won / max(1, found.won)),
    }


def _verdict(area: float) -> str:
    for least, words in (
        (0.85, _("It tells won from lost leads very well.")),
        (0.7, _("It tells won from lost leads well.")),
        (0.6, _("It tells won from lost leads a little.")),
    ):
        if area >= least:
            return words
    return _("It hardly tells won from lost leads: look at the rules below.")


def _shown(rule: calibrate.RuleLift) -> dict[str, Any]:
    clear = rule.low > 0 or rule.high < 0
    return {
        "rule": rule,
        "share": round(100 * rule.won / rule.n) if rule.n else None,
        "lift": f"{rule.lift:.1f}" if rule.n else "–",
        "clear": clear and rule.n > 0,
        "good": rule.odds > 0,
    }
