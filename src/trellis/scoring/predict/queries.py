"""What pages and the API read of predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trellis.core import db
from trellis.core.sql import load
from trellis.scoring.fitting import sigmoid
from trellis.scoring.models import Prediction, PredictModel, Predictor
from trellis.scoring.predict import applying, learn, outcomes, words
from trellis.scoring.predict.types import FEWEST, Input, Quality, quality, read

_SQL = load("trellis.scoring.predict", "predictions")


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a line stands: whether it learns, what stands in the way, what is in use.
    ``missing``: the extra is not installed here."""

    line_id: int
    row: Predictor
    missing: bool
    won: int
    lost: int
    needed: int
    why: str
    model: PredictModel | None
    versions: Sequence[PredictModel]

    @property
    def enough(self) -> bool:
        """Whether there are outcomes enough."""
        return min(self.won, self.lost) >= self.needed


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What weighs in a chance: a plain sentence, and its part in log odds."""

    sentence: str
    part: float


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The chance that a lead is won, beside the ``usual`` one, by which version, as of when,
    and what speaks for and against it, the weightiest first."""

    line_id: int
    line: str
    chance: float
    usual: float
    number: int
    at: datetime
    reasons: Sequence[Reason]


def state(line_id: int) -> State:
    """Where a line stands; one that never learnt counts as switched off."""
    row = Predictor.objects.filter(line_id=line_id).first()
    won, lost = outcomes.tally(line_id)
    versions = list(PredictModel.objects.filter(line_id=line_id)[:10])
    return State(
        line_id=line_id,
        row=row or Predictor(line_id=line_id, active=False),
        missing=learn.missing(),
        won=won,
        lost=lost,
        needed=FEWEST,
        why=words.why(row.why) if row else "",
        model=next((one for one in versions if one.retired_at is None), None),
        versions=versions,
    )


def qualities(model: PredictModel) -> tuple[Quality, Quality]:
    """How well it tells, and how well the score does."""
    return quality(model.quality), quality(model.rival)


def inputs(model: PredictModel) -> list[tuple[str, Input]]:
    """What it learnt from, in words, the weightiest first."""
    names = words.Names()
    found = sorted(read(model.inputs), key=lambda one: -one.strength)
    return [(words.name(one.key, one.item, names), one) for one in found]


def of_contact(contact_id: int) -> list[Chance]:
    """The chances of a contact, one per line, with their reasons in words."""
    rows = list(Prediction.objects.filter(contact_id=contact_id).order_by("line_id"))
    if not rows:
        return []
    lines = dict(db.fetch("SELECT id, name FROM line"))
    used = {
        (model.line_id, model.number): model
        for model in PredictModel.objects.filter(line_id__in=[row.line_id for row in rows])
    }
    names = words.Names()
    return [
        Chance(
            line_id=row.line_id,
            line=str(lines.get(row.line_id, "")),
            chance=row.chance,
            usual=sigmoid(used[row.line_id, row.number].base),
            number=row.number,
            at=row.at,
            reasons=[
                Reason(sentence=words.sentence(key, item, value, names), part=float(part))
                for key, item, value, part in row.why
            ],
        )
        for row in rows
        if (row.line_id, row.number) in used
    ]


def of_contacts(contact_ids: Sequence[int]) -> Mapping[int, float]:
    """The best chance of each of some contacts, over all lines, for lists."""
    return dict(db.fetch(_SQL["of_contacts"], {"contacts": list(contact_ids)}))


def best(line_id: int, most: int) -> list[tuple[int, float]]:
    """The leads of a line with the best chances."""
    return [
        (n, chance) for n, chance in db.fetch(_SQL["best"], {"line": line_id, "most": most})
    ]


def spread(line_id: int) -> list[int]:
    """How many open leads stand in each tenth of the chance."""
    return applying.spread(line_id)
