"""How the score of a contact went, and its scores by every model."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.core.errors import NotFound
from trellis.people import queries as people
from trellis.scoring import history
from trellis.scoring.models import Score, ScoreModel

router = Router(tags=["contacts"])


class DoneOut(Schema):
    """What was done on a day: the signal and how often."""

    name: str
    n: int


class DayOut(Schema):
    """A day on which the score changed: how it stood in the evening, by how much that is
    more than before, whether it crossed into another temperature, and what was done."""

    day: date
    score: int
    change: int
    buckets: list[int]
    temperature: str
    crossed: bool
    done: list[DoneOut]


class ScoreOut(Schema):
    """The score by one model."""

    model_id: int
    key: str
    name: str
    score: int
    temperature: str
    grade: str


@router.get("/{contact_id}/score/history", response=list[DayOut], summary="Score history")
def read_history(request: HttpRequest, contact_id: Id, model_id: Id | None = None) -> Any:
    """The days on which the score changed, by the default model or by another. Scope:
    scoring.read."""
    caller(request, "scoring.read")
    _contact(contact_id)
    rows = ScoreModel.objects.filter(default=True)
    found = (ScoreModel.objects.filter(pk=model_id) if model_id else rows).first()
    if found is None:
        raise NotFound("There is no such score model.", model_id=model_id)
    return history.of_contact(contact_id, found.pk)


@router.get("/{contact_id}/scores", response=list[ScoreOut], summary="Scores of a contact")
def read_scores(request: HttpRequest, contact_id: Id) -> Any:
    """By every model that is switched on, the default one first. Scope: scoring.read."""
    caller(request, "scoring.read")
    contact = _contact(contact_id)
    others = {row.model_id: row for row in Score.objects.filter(contact_id=contact_id)}
    return [
        {
            "model_id": model.pk,
            "key": model.key,
            "name": model.name,
            "score": found.score if found else 0,
            "temperature": found.temperature if found else "cold",
            "grade": found.grade if found else "",
        }
        for model in ScoreModel.objects.filter(active=True).order_by("-default", "id")
        for found in [contact if model.default else others.get(model.pk)]
    ]


def _contact(contact_id: int) -> people.Profile:
    found = people.profile(contact_id)
    if found is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)
    return found
