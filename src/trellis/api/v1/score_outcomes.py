"""Score models against won and lost leads, and the ideal buyer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.v1.score_drafts import EditOut
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.scoring import actions, calibrate, ideal
from trellis.segments.models import Segment

router = Router(tags=["scoring"])


class ApplyIn(Schema):
    """Which suggestions go into the draft: of the rules ``refs`` (where left out: of all
    whose weight is sure), and the thresholds."""

    refs: list[str] | None = Field(None, max_length=500)
    thresholds: bool = False


@router.get("/{model_id}/calibration", response=dict[str, Any], summary="Calibrate a model")
def read_calibration(
    request: HttpRequest, model_id: Id, by: Literal["model", "history"] = "model"
) -> Any:
    """The model (its draft, where there is one) against won and lost leads, each as it was
    the evening before: area under the curve, tenths with their lift, precision and recall
    by threshold, what each rule tells. ``by=history`` takes the scores as they stood then.
    ``why_not`` says why there is nothing to tell. Scope: scoring.read."""
    actor = caller(request, "scoring.read")
    found = calibrate.calibrate(actor, model_id, clock.now(), by)
    plain = asdict(found)
    plain["deciles"] = [one._asdict() for one in found.deciles]
    plain["cuts"] = [one._asdict() for one in found.cuts]
    return plain


@router.post(
    "/{model_id}/calibration/apply", response=list[EditOut], summary="Draft suggestions"
)
def apply(request: HttpRequest, model_id: Id, body: ApplyIn) -> Any:
    """Puts suggested points and thresholds into the model's draft, which is published by
    itself. Scope: scoring.write."""
    actor = caller(request, "scoring.write")
    return calibrate.apply(
        actor, model_id, clock.now(), refs=body.refs, thresholds=body.thresholds
    )


@router.get("/{model_id}/ideal-buyer", response=dict[str, Any], summary="The ideal buyer")
def ideal_buyer(
    request: HttpRequest,
    model_id: Id,
    segment: Annotated[str | None, Query(max_length=64)] = None,
) -> Any:
    """What the won customers of the model's business line have in common, beside everybody
    or beside a segment (its key): per field the share of each value on both sides. Scope:
    scoring.read."""
    actor = caller(request, "scoring.read")
    model = actions.find_model(model_id)
    number = None
    if segment is not None:
        row = Segment.objects.filter(key=segment, archived_at__isnull=True).first()
        if row is None:
            raise NotFound("There is no such segment.", key=segment)
        number = row.pk
    return asdict(ideal.profile(actor, calibrate.line_of(model), number))
