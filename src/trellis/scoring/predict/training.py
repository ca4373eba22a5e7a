"""The job that learns, step by step, with progress; it may be stopped between two steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from trellis.core import clock
from trellis.rules import registry
from trellis.scoring import compute, past
from trellis.scoring.models import PredictModel, Predictor
from trellis.scoring.past import Outcome
from trellis.scoring.predict import facts, learn
from trellis.scoring.predict.outcomes import ask_chances, check, ended, rule_model
from trellis.scoring.predict.types import (
    FAILED,
    READY,
    REFUSED,
    STOPPED,
    TRAINING,
    Learnt,
    Refusal,
    stored,
)

SCORED = 25
LAID_OUT = 40
"""Per cent at which the scores and the inputs of that time are known."""


def train(line_id: int) -> None:
    """Learn anew for a line, and put the result in place of what was learnt before. Where
    that cannot be, the predictor says why, and what was learnt before stays in use."""
    row = Predictor.objects.filter(line_id=line_id).first()
    if row is None or not row.active:
        return
    _say(line_id, state=TRAINING, progress=0)
    try:
        _train(row, clock.now())
    except Refusal as refusal:
        state = STOPPED if refusal.code == "stopped" else REFUSED
        _say(line_id, state=state, why=refusal.plain)
    except Exception as error:
        _say(line_id, state=FAILED, why={"code": "failed", "error": type(error).__name__})
        raise


def _train(row: Predictor, now: datetime) -> None:
    if learn.missing():
        raise Refusal("extra")
    line_id = row.line_id
    found = ended(line_id, row.ahead)
    won = sum(one.won for one in found)
    check(won, len(found) - won)
    scores = _scores(line_id, found, now)
    _told(line_id, SCORED)
    known = facts.before(found, now)
    rows = [known.get(one.contact_id, {}) for one in found]
    _told(line_id, LAID_OUT)
    numbers = facts.number_keys(facts.scope(now))
    inputs = facts.choose(rows, numbers, min(won, len(found) - won))
    if not inputs:
        raise Refusal("nothing", {"n": len(found)})
    table = [[item.get((one.key, one.item), one.absent) for one in inputs] for item in rows]
    wins = [one.won for one in found]
    learnt = learn.learn(
        inputs,
        table,
        wins,
        scores,
        lambda percent: _told(line_id, LAID_OUT + percent * (95 - LAID_OUT) // 100),
    )
    keep(row, learnt, found, now)


def keep(row: Predictor, learnt: Learnt, found: Sequence[Outcome], now: datetime) -> None:
    """Put what was learnt into use, and ask for everybody's chance."""
    won = sum(one.won for one in found)
    with transaction.atomic():
        mine = PredictModel.objects.filter(line_id=row.line_id)
        last = mine.aggregate(last=Max("number"))["last"] or 0
        mine.filter(retired_at=None).update(
            retired_at=now, retired_why={"code": "replaced", "by": last + 1}
        )
        PredictModel.objects.create(
            line_id=row.line_id,
            number=last + 1,
            trained_at=now,
            trained_by=row.changed_by,
            ahead=row.ahead,
            won=won,
            lost=len(found) - won,
            since=min(one.at for one in found),
            base=learnt.base,
            inputs=stored([one for one in learnt.inputs if one.weight]),
            quality=asdict(learnt.quality)
            | {
                "held": learnt.held,
                "ahead": [learnt.ahead, learnt.ahead_low, learnt.ahead_high],
            },
            rival=asdict(learnt.rival),
        )
        _say(row.line_id, state=READY, progress=100, why={})
        ask_chances(row.line_id)


def _scores(line_id: int, found: Sequence[Outcome], now: datetime) -> list[float]:
    """The score of each lead at that time by the rules as they are now; zeros where the
    model is broken."""
    model = rule_model(line_id)
    fields = registry.snapshot()
    spec, broken = compute.spec_of(model, list(model.rules.filter(active=True)), fields)
    if broken:
        return [0.0] * len(found)
    known = past.recomputed(spec, found, now, fields)
    return [known[one.contact_id].score if one.contact_id in known else 0.0 for one in found]


def _told(line_id: int, percent: int) -> None:
    rows = Predictor.objects.filter(line_id=line_id)
    if not rows.filter(stopped=False, active=True).update(progress=percent):
        raise Refusal("stopped")


def _say(line_id: int, **values: object) -> None:
    Predictor.objects.filter(line_id=line_id).update(**values)
