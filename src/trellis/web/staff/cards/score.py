"""How the score went: its line, where it turned warm or hot, and what was done then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from trellis.core.days import day_of
from trellis.scoring import history
from trellis.scoring.history import Day
from trellis.scoring.models import Score, ScoreModel
from trellis.web.staff.cards.subject import Subject

RECENT = 5
TONES = {"hot": "--t-green-strong", "warm": "--t-leaf", "cold": "--t-cold"}
"""Colours of the dots where the temperature changed."""


def score(subject: Subject) -> Mapping[str, Any] | None:
    """The history of the default model's score, or of the one that ``?model=`` names; and
    how the contact stands by the others."""
    models = subject.models
    wanted = subject.got.get("model", "")
    model = next((one for one in models if one.key == wanted), models[0] if models else None)
    if model is None:
        return None
    days = history.of_contact(subject.id, model.pk)
    if not days and len(models) < 2:
        return None
    line = history.daily(days, day_of(subject.now))
    return {
        "model": model,
        "others": _others(subject, models) if len(models) > 1 else [],
        "days": days,
        "recent": days[::-1][:RECENT],
        "plot": _plot(model, line) if len(line) > 2 else None,
    }


def _others(subject: Subject, models: Sequence[ScoreModel]) -> list[dict[str, Any]]:
    found = {row.model_id: row for row in Score.objects.filter(contact_id=subject.id)}
    rows = []
    for model in models:
        row = found.get(model.pk)
        here = subject.contact if model.default else row
        rows.append(
            {
                "model": model,
                "score": here.score if here else 0,
                "temperature": here.temperature if here else "cold",
            }
        )
    return rows


def _plot(model: ScoreModel, line: Sequence[tuple[date, Day | None]]) -> dict[str, Any]:
    days = [day for day, _change in line]
    scores = [change.score if change else 0 for _day, change in line]
    notes, marks = {}, {}
    for place, (day, change) in enumerate(line):
        if change is None or change.day != day:
            continue
        notes[place] = _note(change)
        if change.crossed:
            marks[place] = TONES[change.temperature]
    high = max(scores)
    bars = [(_("warm"), model.warm_from), (_("hot"), model.hot_from)]
    return {
        "step": True,
        "labels": [formats.date_format(day, "SHORT_DATE_FORMAT") for day in days],
        "notes": notes,
        "series": [
            {"name": _("Score"), "data": scores, "marks": marks},
            *(
                {"name": name, "data": [bar] * len(days), "thin": True}
                for name, bar in bars
                if bar <= max(high * 1.5, model.warm_from)
            ),
        ],
    }


def _note(change: Day) -> list[str]:
    said = [f"{change.change:+d}".replace("-", "−")]
    said += [f"{one.name} × {one.n}" for one in change.done[:4]]
    if not change.done:
        said.append(_("faded, or the model changed"))
    return said
