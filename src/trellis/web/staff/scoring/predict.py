"""The page on which a business line learns which of its leads are won."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trellis.core.errors import Conflict, InvalidInput
from trellis.people import queries as people
from trellis.scoring.calibrate import line_of
from trellis.scoring.models import PredictModel, ScoreModel
from trellis.scoring.predict import actions, queries, words
from trellis.scoring.predict.queries import State
from trellis.scoring.predict.types import AHEAD, TRAINING, Quality
from trellis.web.staff.access import StaffRequest, page
from trellis.web.staff.cards.chance import whole
from trellis.web.staff.conflict import seen
from trellis.web.staff.scoring.shared import fault, model_of, number

TOP = 10
"""Leads and inputs shown."""


@page("scoring.read", "GET", "POST", change="scoring.write")
def index(request: StaffRequest, model_id: int) -> HttpResponseBase:
    """What the line of the model learnt; POST learns anew, stops or switches off."""
    model = model_of(model_id)
    line_id = line_of(model)
    problem: dict[str, Any] = {}
    if request.method == "POST":
        try:
            _act(request, line_id)
            return redirect("scoring-predict", model.pk)
        except (Conflict, InvalidInput) as error:
            problem = fault(error)
    state = queries.state(line_id)
    if request.htmx:
        answer = render(
            request, "staff/scoring/predict_progress.html", {"state": state, "model": model}
        )
        if state.row.state != TRAINING:
            answer["HX-Refresh"] = "true"
        return answer
    typed = request.POST.get("ahead", "")
    if problem and typed.isdigit():
        state.row.ahead = int(typed)
    context = {**_context(model, state), **problem}
    return render(
        request, "staff/scoring/predict.html", context, status=422 if problem else 200
    )


def _act(request: StaffRequest, line_id: int) -> None:
    act = request.POST.get("act", "train")
    if act == "stop":
        actions.stop(request.actor, line_id)
    elif act == "off":
        actions.switch_off(request.actor, line_id)
        messages.success(request, _("Switched off. The chances are taken away."))
    else:
        ahead = number(request.POST.get("ahead", ""))
        actions.train(request.actor, line_id, ahead, seen(request))


def _context(model: ScoreModel, state: State) -> dict[str, Any]:
    context = {
        "model": model,
        "state": state,
        "line": actions.line_name(state.line_id),
        "ahead": [(days, _ahead(days)) for days in AHEAD],
        "commands": words.COMMANDS,
        "won_at": min(100, 100 * state.won // state.needed),
        "lost_at": min(100, 100 * state.lost // state.needed),
        "versions": [
            {"one": one, "auc": f"{one.quality['auc']:.2f}", "why": words.why(one.retired_why)}
            for one in state.versions
        ],
    }
    return context | _learnt(state.model) if state.model else context


def _learnt(model: PredictModel) -> dict[str, Any]:
    mine, rival = queries.qualities(model)
    gap, low, high = model.quality["ahead"]
    inputs = [row for row in queries.inputs(model) if row[1].strength >= 0.05][:TOP]
    most = max((one.strength for _name, one in inputs), default=1.0)
    best = queries.best(model.line_id, TOP)
    names = {row.contact_id: row for row in people.by_ids([n for n, _chance in best])}
    return {
        "used": model,
        "verdict": _verdict(low, high),
        "gap": f"{gap:+.2f}".replace("-", "−"),
        "figures": _figures(mine, rival),
        "held": model.quality["held"],
        "held_n": mine.n,
        "looked": _ahead(model.ahead),
        "bins_plot": {
            "max": 100,
            "labels": [f"{round(100 * p)} %" for p, _share, _n in mine.bins],
            "series": [
                {"name": _("won"), "data": [round(100 * share) for _p, share, _n in mine.bins]},
                {
                    "name": _("foretold"),
                    "data": [round(100 * p) for p, _share, _n in mine.bins],
                },
            ],
        },
        "tenths_plot": {
            "max": 100,
            "labels": [str(place + 1) for place in range(len(mine.tenths))],
            "series": [
                {"name": name, "data": [round(100 * won / n) for n, won in found.tenths]}
                for name, found in ((_("by chance"), mine), (_("by score"), rival))
            ],
        },
        "spread_plot": {
            "labels": [f"{10 * band}–{10 * band + 10} %" for band in range(10)],
            "series": [{"name": _("Open leads"), "data": queries.spread(model.line_id)}],
        },
        "inputs": [
            {"name": name, "good": one.weight > 0, "at": round(100 * one.strength / most)}
            for name, one in inputs
        ],
        "best": [
            {"person": names[n], "percent": whole(chance)} for n, chance in best if n in names
        ],
    }


def _figures(mine: Quality, rival: Quality) -> list[dict[str, Any]]:
    """The two side by side; ``good`` marks the better one."""
    rows = (
        (_("Area under the curve"), mine.auc, rival.auc, "{:.2f}", 1),
        (_("Brier score"), mine.brier, rival.brier, "{:.3f}", -1),
        (_("Uncertainty taken away"), mine.skill, rival.skill, "{:.0%}", 1),
        (_("Best tenth won more often"), mine.top, rival.top, "{:.1f} ×", 1),
    )
    return [
        {
            "name": name,
            "mine": shape.format(a).replace("%", " %").replace("-", "−"),
            "rival": shape.format(b).replace("%", " %").replace("-", "−"),
            "mine_better": sign * (a - b) > 0,
            "rival_better": sign * (b - a) > 0,
        }
        for name, a, b, shape, sign in rows
    ]


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return _("It tells won from lost leads better than the score.")
    if high < 0:
        return _("The score tells won from lost leads better: keep to the score.")
    return _("It tells won from lost leads about as well as the score.")


def _ahead(days: int) -> str:
    return {
        0: _("the evening before"),
        3: _("3 days before"),
        7: _("a week before"),
        14: _("two weeks before"),
        30: _("a month before"),
    }[days]
