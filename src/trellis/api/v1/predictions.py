"""The chance to be won: learning it per business line, and reading it per contact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.core.errors import NotFound
from trellis.leads import queries as lines
from trellis.people import queries as people
from trellis.scoring.models import PredictModel
from trellis.scoring.predict import actions, queries, words

router = Router(tags=["scoring"])
contacts_router = Router(tags=["contacts"])


class TrainIn(Schema):
    """How to learn: ``ahead`` is how many days before its outcome each lead is looked at
    (0, 3, 7, 14 or 30; where left out: as before)."""

    ahead: int | None = None


class VersionOut(Schema):
    """What was learnt once; ``retired`` says why it is no longer in use, "" while it is."""

    number: int
    trained_at: datetime
    won: int
    lost: int
    ahead: int
    quality: dict[str, Any]
    score: dict[str, Any]
    retired_at: datetime | None
    retired: str


class PredictorOut(Schema):
    """Where a line stands: ``state`` is idle, training, ready, refused, stopped or failed;
    ``why`` says what stands in the way. ``missing``: the extra is not installed."""

    line_id: int
    on: bool
    state: str
    progress: int
    why: str
    missing: bool
    won: int
    lost: int
    needed: int
    ahead: int
    version: int
    versions: list[VersionOut]


class ReasonOut(Schema):
    """What weighs in a chance: a sentence, and its part in log odds (+0.7 doubles them)."""

    sentence: str
    part: float


class ChanceOut(Schema):
    """The chance, 0 to 1, that a lead is won, beside the ``usual`` one; by which version of
    what was learnt, as of when, and what weighed most."""

    line_id: int
    line: str
    chance: float
    usual: float
    number: int
    at: datetime
    reasons: list[ReasonOut]


@router.get("/{key}", response=PredictorOut, summary="Predictions of a line")
def read_predictor(request: HttpRequest, key: str) -> Any:
    """How far learning is, what was learnt, and how well it tells won leads from others on
    leads held back, beside the score on the same ones. Scope: scoring.read."""
    caller(request, "scoring.read")
    return _state(lines.line(key).pk)


@router.post(
    "/{key}/train",
    response={202: PredictorOut},
    summary="Learn anew",
    openapi_extra=etag.CHANGES,
)
def train(request: HttpRequest, key: str, body: TrainIn) -> Any:
    """Learns from the won, lost and disqualified leads of the line in the background, and
    gives its open leads their chance. 422 says why it cannot be, with the figures. Scope:
    scoring.write."""
    actor, line_id = caller(request, "scoring.write"), lines.line(key).pk
    actions.train(actor, line_id, body.ahead, etag.seen(request))
    return Status(202, _state(line_id))


@router.post("/{key}/stop", response=PredictorOut, summary="Stop learning")
def stop(request: HttpRequest, key: str) -> Any:
    """Ends a training under way; what was learnt before stays in use. Scope:
    scoring.write."""
    actor, line_id = caller(request, "scoring.write"), lines.line(key).pk
    actions.stop(actor, line_id)
    return _state(line_id)


@router.delete("/{key}", response={204: None}, summary="Switch predictions off")
def switch_off(request: HttpRequest, key: str) -> Any:
    """Takes the chances of a line away. 409 while a rule reads them. Scope:
    scoring.write."""
    actor = caller(request, "scoring.write")
    actions.switch_off(actor, lines.line(key).pk)
    return Status(204, None)


@contacts_router.get(
    "/{contact_id}/predictions", response=list[ChanceOut], summary="Chances of a contact"
)
def read_chances(request: HttpRequest, contact_id: Id) -> Any:
    """The chance to be won in each line where the contact is an open lead, with what speaks
    for and against it. Scope: scoring.read."""
    caller(request, "scoring.read")
    if people.profile(contact_id) is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)
    return queries.of_contact(contact_id)


def _state(line_id: int) -> dict[str, Any]:
    found = queries.state(line_id)
    row = found.row
    return {
        "line_id": line_id,
        "on": row.active,
        "state": row.state,
        "progress": row.progress,
        "why": found.why,
        "missing": found.missing,
        "won": found.won,
        "lost": found.lost,
        "needed": found.needed,
        "ahead": row.ahead,
        "version": row.version,
        "versions": [_version(one) for one in found.versions],
    }


def _version(one: PredictModel) -> dict[str, Any]:
    return {
        "number": one.number,
        "trained_at": one.trained_at,
        "won": one.won,
        "lost": one.lost,
        "ahead": one.ahead,
        "quality": one.quality,
        "score": one.rival,
        "retired_at": one.retired_at,
        "retired": words.why(one.retired_why),
    }
