"""Score models and their rules, with a preview of every change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.scoring import actions
from trellis.scoring.drafting import ModelDraft, RuleDraft
from trellis.scoring.models import ScoreModel, ScoreRule

router = Router(tags=["scoring"])


class RuleOut(Schema):
    """A rule: points for a condition, or per occurrence of a signal."""

    id: int
    name: str
    bucket: str
    points: int
    rule: dict[str, Any] | None
    signal_id: int | None
    per: str
    cap: int | None
    window_days: int | None
    decay_days: int | None
    priority: int
    active: bool


class RuleIn(Schema):
    """A rule to save: either ``rule`` (points once while it holds) or ``signal`` (key)."""

    name: str = Field(max_length=120)
    bucket: str = "engagement"
    points: int = Field(ge=-10_000, le=10_000)
    rule: dict[str, Any] | None = None
    signal: str = Field("", max_length=64)
    per: str = "occurrence"
    cap: int | None = Field(None, ge=0, le=100_000)
    window_days: int | None = Field(None, ge=1, le=3650)
    decay_days: int | None = Field(None, ge=1, le=3650)
    priority: int = Field(100, ge=0, le=10_000)
    active: bool = True

    def draft(self) -> RuleDraft:
        """As the domain takes it."""
        return RuleDraft(**self.dict())


class ModelOut(Schema):
    """A score model with its rules. ``progress`` is 100 where everybody is computed."""

    id: int
    name: str
    default: bool
    warm_from: int
    hot_from: int
    caps: dict[str, Any]
    grades: dict[str, Any]
    computed_at: datetime | None
    progress: int
    rules: list[RuleOut]

    @staticmethod
    def resolve_rules(model: ScoreModel) -> list[ScoreRule]:
        """In the order of the explanation."""
        return list(model.rules.all())


class ModelIn(Schema):
    """What changes of a model; what is left out stays."""

    name: str | None = Field(None, max_length=120)
    warm_from: int | None = Field(None, ge=-10_000, le=100_000)
    hot_from: int | None = Field(None, ge=-10_000, le=100_000)
    caps: dict[str, int] | None = None
    grades: dict[str, list[int]] | None = None

    def draft(self) -> ModelDraft:
        """As the domain takes it."""
        return ModelDraft(**self.dict())


class ImpactOut(Schema):
    """What a change would do; estimated where ``exact`` is false."""

    changed: int
    become_hot: int
    become_warm: int
    become_cold: int
    total: int
    exact: bool


@router.get("", response=list[ModelOut], summary="List score models")
def list_models(request: HttpRequest) -> list[ScoreModel]:
    """Scope: scoring.read."""
    caller(request, "scoring.read")
    return list(ScoreModel.objects.prefetch_related("rules").order_by("id"))


@router.post("", response={201: ModelOut}, summary="Add a score model")
def add_model(request: HttpRequest, body: ModelIn) -> Status[ScoreModel]:
    """Scope: scoring.write."""
    return Status(201, actions.add_model(caller(request), body.draft()))


@router.patch("/{model_id}", response=ModelOut, summary="Change a score model")
def change_model(request: HttpRequest, model_id: Id, body: ModelIn) -> ScoreModel:
    """Everybody is computed again in the background. Scope: scoring.write."""
    return actions.save_model(caller(request), _model(model_id), body.draft())


@router.post("/{model_id}/preview", response=ImpactOut, summary="Preview a model's change")
def preview_model(request: HttpRequest, model_id: Id, body: ModelIn) -> Any:
    """Scope: scoring.read."""
    actor = caller(request, "scoring.read")
    return actions.preview_model(actor, _model(model_id), body.draft(), clock.now())


@router.post("/{model_id}/default", response={204: None}, summary="Make it the default")
def make_default(request: HttpRequest, model_id: Id) -> Status[None]:
    """Its points become the standing of contacts. Scope: scoring.write."""
    actions.make_default(caller(request), _model(model_id))
    return Status(204, None)


@router.post("/{model_id}/rules", response={201: RuleOut}, summary="Add a rule")
def add_rule(request: HttpRequest, model_id: Id, body: RuleIn) -> Status[ScoreRule]:
    """Scope: scoring.write."""
    return Status(201, actions.save_rule(caller(request), _model(model_id), body.draft()))


@router.post("/{model_id}/rules/preview", response=ImpactOut, summary="Preview a rule")
def preview_rule(
    request: HttpRequest,
    model_id: Id,
    body: RuleIn,
    rule_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Any:
    """What adding (or with ``rule_id`` changing) it would do. Scope: scoring.read."""
    actor = caller(request, "scoring.read")
    number = None if rule_id is None else _rule(model_id, rule_id)
    return actions.preview_rule(actor, _model(model_id), body.draft(), clock.now(), number)


@router.put("/{model_id}/rules/{rule_id}", response=RuleOut, summary="Change a rule")
def change_rule(request: HttpRequest, model_id: Id, rule_id: Id, body: RuleIn) -> ScoreRule:
    """Scope: scoring.write."""
    number = _rule(model_id, rule_id)
    return actions.save_rule(caller(request), model_id, body.draft(), number)


@router.delete("/{model_id}/rules/{rule_id}", response={204: None}, summary="Delete a rule")
def delete_rule(request: HttpRequest, model_id: Id, rule_id: Id) -> Status[None]:
    """Scope: scoring.write."""
    actions.delete_rule(caller(request), model_id, _rule(model_id, rule_id))
    return Status(204, None)


def _model(model_id: Id) -> int:
    if not ScoreModel.objects.filter(pk=model_id).exists():
        raise NotFound("There is no such score model.", model_id=model_id)
    return model_id


def _rule(model_id: Id, rule_id: Id) -> int:
    if not ScoreRule.objects.filter(pk=rule_id, model_id=model_id).exists():
        raise NotFound("There is no such rule in this model.", rule_id=rule_id)
    return rule_id
