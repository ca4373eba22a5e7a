"""The leads that are learnt from, what stands in the way, and asking for the jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from trellis.core import db
from trellis.core.jobs import enqueue
from trellis.core.sql import load
from trellis.scoring import past
from trellis.scoring.models import ScoreModel
from trellis.scoring.past import Outcome
from trellis.scoring.predict.types import FEWEST, Refusal

_SQL = load("trellis.scoring.predict", "predictions")


def rule_model(line_id: int) -> ScoreModel:
    """The score model that predictions of a line are held against: its own, or the default
    one."""
    rows = ScoreModel.objects.order_by("-default", "pk")
    own = rows.filter(line_id=line_id, active=True).first()
    return own or rows.get(default=True)


def ended(line_id: int, ahead: int) -> list[Outcome]:
    """Leads that were won, lost or disqualified, the oldest first; each with the moment
    before which it is looked at, ``ahead`` days earlier. Those first seen on that day or
    later are left out."""
    found = past.outcomes(line_id, lost=(past.LOST, past.DISQUALIFIED))
    moved = [replace(one, at=one.at - timedelta(days=ahead)) for one in reversed(found)]
    return [one for one in moved if not one.sudden]


def tally(line_id: int) -> tuple[int, int]:
    """How many leads of a line were won; how many lost or disqualified."""
    ((won, lost),) = db.fetch(_SQL["tally"], {"line": line_id})
    return int(won), int(lost)


def check(won: int, lost: int) -> None:
    """Raises ``Refusal`` where outcomes are too few, or of one kind."""
    if not won or not lost:
        raise Refusal("one_class", {"won": won, "lost": lost, "needed": FEWEST})
    if min(won, lost) < FEWEST:
        raise Refusal("few", {"won": won, "lost": lost, "needed": FEWEST})


def ask_training(line_id: int) -> None:
    """Ask for learning, in the caller's transaction."""
    enqueue("scoring.train", once=f"train-{line_id}", line_id=line_id)


def ask_chances(line_id: int) -> None:
    """Ask for the chances of a line, in the caller's transaction."""
    enqueue("pipeline.predict", once=f"predict-{line_id}", line_id=line_id)
