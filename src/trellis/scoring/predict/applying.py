"""Giving every open lead its chance, in sets; and noticing when what was learnt no longer
fits the world, so that nobody acts on it any more."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from trellis.core import clock, db
from trellis.core.sql import load
from trellis.events.models import Signal
from trellis.people.models import Attribute, CompanyAttribute
from trellis.rules import usage
from trellis.scoring import fitting, past
from trellis.scoring.models import PredictModel, Predictor
from trellis.scoring.predict import facts
from trellis.scoring.predict.fields import field_key
from trellis.scoring.predict.outcomes import ask_chances, ask_training, ended
from trellis.scoring.predict.types import Input, read

CHUNK = 5_000
REASONS = 8
"""Inputs kept with each chance, those that weigh most."""
MOST_DRIFT = 0.25
"""The population stability index above which chances lie so differently from the first
night that what was learnt is retired; 0.1 is usual, 0.25 the common limit."""
FEWEST_SPREAD = 200
FEWEST_NEW = 30
"""New outcomes, of each kind half as many, on which what was learnt is tried again."""
MOST_LOST = 0.2
"""The share of what it learnt that may rest on fields and signals that are gone."""
STALE = timedelta(days=90)
"""After this time it is learnt anew, from what happened since."""

_SQL = load("trellis.scoring.predict", "predictions")

Woken = Callable[[Sequence[int]], None]
"""Hears whose chance moved, where a rule reads it."""


def by_night() -> None:
    """Ask for the chances of all lines that learn."""
    for line_id in Predictor.objects.filter(active=True).values_list("line_id", flat=True):
        ask_chances(line_id)


def in_use(line_id: int) -> PredictModel | None:
    """What is in use for a line."""
    return PredictModel.objects.filter(line_id=line_id, retired_at=None).first()


def apply(line_id: int, woken: Woken) -> int:
    """Review what was learnt for a line, and give its open leads their chance, chunk by
    chunk; returns how many chances moved. Where nothing is in use, chances are taken away."""
    now = clock.now()
    row = Predictor.objects.filter(line_id=line_id).first()
    model = in_use(line_id)
    if model is not None and (why := review(row, model, now)):
        retire(model, why, now)
        if row is not None and row.active:
            ask_training(line_id)
        model = None
    tell = woken if usage.of_field(field_key(line_id)) else _nobody
    moved = 0
    if model is not None:
        inputs = read(model.inputs)
        low, last = 0, True
        while last:
            with transaction.atomic():
                low, changed = _chunk(model, inputs, low, now)
                tell(changed)
            last = low > 0
            moved += len(changed)
    with transaction.atomic():
        number = model.number if model else 0
        gone = [n for (n,) in db.fetch(_SQL["forget"], {"line": line_id, "number": number})]
        tell(gone)
        if model is not None and model.spread is None:
            PredictModel.objects.filter(pk=model.pk).update(spread=spread(line_id))
        Predictor.objects.filter(line_id=line_id).update(computed_at=now)
    if model is not None and now - model.trained_at > STALE:
        ask_training(line_id)
    return moved + len(gone)


def review(row: Predictor | None, model: PredictModel, now: datetime) -> dict[str, Any]:
    """Why what was learnt is to be retired, as a code with its figures; empty where it is
    still good."""
    if row is None or not row.active:
        return {"code": "off"}
    if (lost := _lost(read(model.inputs))) > MOST_LOST:
        return {"code": "inputs", "share": round(100 * lost)}
    if why := _contradicted(model, now):
        return why
    lies, lay = spread(model.line_id), model.spread
    if lay is not None and sum(lies) >= FEWEST_SPREAD <= sum(lay):
        index = drift(lay, lies)
        if index > MOST_DRIFT:
            return {"code": "drift", "index": round(index, 2)}
    return {}


def retire(model: PredictModel, why: dict[str, Any], now: datetime) -> None:
    """Take a model out of use for good, with the reason."""
    PredictModel.objects.filter(pk=model.pk, retired_at=None).update(
        retired_at=now, retired_why=why
    )


def spread(line_id: int) -> list[int]:
    """How many chances of a line lie in each of ten bands."""
    found = dict(db.fetch(_SQL["spread"], {"line": line_id}))
    return [found.get(band, 0) for band in range(10)]


def drift(lay: Sequence[int], lies: Sequence[int]) -> float:
    """The population stability index of two spreads over the same bands."""
    total = 0.0
    for before, after in zip(lay, lies, strict=True):
        a, b = (before + 0.5) / (sum(lay) + 5), (after + 0.5) / (sum(lies) + 5)
        total += (b - a) * math.log(b / a)
    return total


def _chunk(
    model: PredictModel, inputs: Sequence[Input], low: int, now: datetime
) -> tuple[int, list[int]]:
    """Give the next open leads their chance; returns the last of them (0: there were none)
    and those whose chance moved."""
    span = {"line": model.line_id, "low": low, "size": CHUNK}
    ids = [number for (number,) in db.fetch(_SQL["chunk"], span)]
    if not ids:
        return 0, []
    text = _SQL["predict"].replace("{facts}", facts.text_of_present())
    columns = {
        "keys": [one.key for one in inputs],
        "items": [one.item for one in inputs],
        "weights": [one.weight for one in inputs],
        "means": [one.mean for one in inputs],
        "absents": [one.absent for one in inputs],
        "lows": [one.low for one in inputs],
        "highs": [one.high for one in inputs],
    }
    given = {
        "contacts": ids,
        "base": model.base,
        "reasons": REASONS,
        "line": model.line_id,
        "number": model.number,
        "now": now,
    }
    changed = [n for (n,) in db.fetch(text, facts.scope(now) | columns | given)]
    return ids[-1], changed


def _lost(inputs: Sequence[Input]) -> float:
    """The share of what was learnt that rests on signals and attributes that are gone."""
    live = {
        f"signal.{pk}"
        for pk in Signal.objects.filter(status="live").values_list("pk", flat=True)
    }
    for prefix, rows in (
        ("attr", Attribute.objects),
        ("company.attr", CompanyAttribute.objects),
    ):
        keys = rows.filter(archived_at__isnull=True).values_list("key", flat=True)
        live |= {f"{prefix}.{key}" for key in keys}
    whole = sum(one.strength for one in inputs)
    gone = sum(one.strength for one in inputs if "." in one.key and one.key not in live)
    return gone / whole if whole else 0.0


def _contradicted(model: PredictModel, now: datetime) -> dict[str, Any]:
    """Whether leads that ended since were told apart clearly worse than the ones held back."""
    found = ended(model.line_id, model.ahead)
    fresh = [one for one in found if one.at + timedelta(days=model.ahead) > model.trained_at]
    won = sum(one.won for one in fresh)
    if len(fresh) < FEWEST_NEW or min(won, len(fresh) - won) < FEWEST_NEW // 2:
        return {}
    known = facts.before(fresh[-past.MOST :], now)
    inputs = read(model.inputs)
    odds = [log_odds(model.base, inputs, known.get(one.contact_id, {})) for one in fresh]
    area = fitting.auc(odds, [one.won for one in fresh])
    error = 1.96 * fitting.auc_error(area, won, len(fresh) - won)
    if area + error < model.quality["low"]:
        return {"code": "outcomes", "n": len(fresh), "auc": area, "was": model.quality["auc"]}
    return {}


def log_odds(base: float, inputs: Sequence[Input], known: Any) -> float:
    """The log odds of somebody of whom that is known."""
    return base + sum(one.part(known.get((one.key, one.item))) for one in inputs)


def _nobody(contacts: Sequence[int]) -> None:
    del contacts
