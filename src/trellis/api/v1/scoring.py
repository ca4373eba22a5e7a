"""Score models and their rules, with a preview of every change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.shown import ShownRule
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
    rule: ShownRule | None
    signal_id: int | None
    per: str
    cap: int | None
    window_days: int | None
    decay_days: int | None
    priority: int
    active: bool
    group: str
    broken: str
    version: int
    changed_by: str


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
    group: str = Field("", max_length=40)

    def draft(self) -> RuleDraft:
        """As the domain takes it."""
        return RuleDraft(**self.dict())


class ModelOut(Schema):
    """A score model with its rules. ``progress`` is 100 where everybody is computed."""

    id: int
    key: str
    name: str
    line_id: int | None
    active: bool
    default: bool
    warm_from: int
    hot_from: int
    caps: dict[str, Any]
    grades: dict[str, Any]
    groups: list[dict[str, Any]]
    least: int | None
    most: int | None
    company_by: str
    version: int
    changed_by: str
    has_draft: bool
    computed_at: datetime | None
    progress: int
    stopped: bool
    rules: list[RuleOut]

    @staticmethod
    def resolve_has_draft(model: ScoreModel) -> bool:
        """Whether edits wait to be published."""
        return model.draft is not None

    @staticmethod
    def resolve_rules(model: ScoreModel) -> list[ScoreRule]:
        """In the order of the explanation."""
        return list(model.rules.all())


class GroupIn(Schema):
    """Rules of one bucket that together give ``limit`` points at most."""

    key: str = Field("", max_length=40)
    name: str = Field(max_length=60)
    bucket: str = "engagement"
    limit: int = Field(ge=1, le=100_000)


class ModelIn(Schema):
    """What changes of a model; what is left out stays. ``key`` counts only for a new one."""

    name: str | None = Field(None, max_length=120)
    key: str | None = Field(None, max_length=32)
    line_id: int | None = None
    least: int | None = Field(None, ge=-100_000, le=100_000)
    most: int | None = Field(None, ge=-100_000, le=100_000)
    groups: list[GroupIn] | None = None
    company_by: str | None = Field(None, max_length=4)
    warm_from: int | None = Field(None, ge=-10_000, le=100_000)
    hot_from: int | None = Field(None, ge=-10_000, le=100_000)
    caps: dict[str, int] | None = None
    grades: dict[str, list[int]] | None = None

    def draft(self) -> ModelDraft:
        """As the domain takes it."""
        return ModelDraft(**self.dict(exclude_unset=True))


class SwitchIn(Schema):
    """Whether a model is computed."""

    on: bool


class CopyIn(Schema):
    """The name of the copy; made of the original's where left out."""

    name: str = Field("", max_length=120)


class BandOut(Schema):
    """People from ``low`` points up to the next band, before and after."""

    low: int
    before: int
    after: int


class ChangedOut(Schema):
    """One contact that would change; ``why`` lists rule, points before, points after."""

    contact_id: int
    before: int
    after: int
    temperature_before: str
    temperature: str
    why: list[tuple[str, int, int]]


class ImpactOut(Schema):
    """What a change would do; where ``exact`` is false, reckoned from ``looked`` contacts
    and right within ``margin`` in 95 of 100 cases."""

    changed: int
    become_hot: int
    become_warm: int
    become_cold: int
    total: int
    exact: bool
    looked: int
    margin: int
    step: int
    bands: list[BandOut]
    before: dict[str, int] | None
    after: dict[str, int] | None
    people: list[ChangedOut]


@router.get("", response=list[ModelOut], summary="List score models")
def list_models(request: HttpRequest) -> list[ScoreModel]:
    """Scope: scoring.read."""
    caller(request, "scoring.read")
    return list(ScoreModel.objects.prefetch_related("rules").order_by("id"))


@router.post("", response={201: ModelOut}, summary="Add a score model")
def add_model(request: HttpRequest, body: ModelIn) -> Status[ScoreModel]:
    """Scope: scoring.write."""
    return Status(201, actions.add_model(caller(request), body.draft()))


@router.get("/{model_id}", response=ModelOut, summary="Read a score model")
def read_model(request: HttpRequest, model_id: Id) -> ScoreModel:
    """Scope: scoring.read."""
    caller(request, "scoring.read")
    return actions.find_model(model_id)


@router.patch(
    "/{model_id}", response=ModelOut, summary="Change a score model", openapi_extra=etag.CHANGES
)
def change_model(request: HttpRequest, model_id: Id, body: ModelIn) -> ScoreModel:
    """Everybody is computed again in the background. Scope: scoring.write."""
    actor = caller(request)
    return actions.save_model(actor, _model(model_id), body.draft(), etag.seen(request))


@router.delete(
    "/{model_id}",
    response={204: None},
    summary="Delete a score model",
    openapi_extra=etag.CHANGES,
)
def delete_model(request: HttpRequest, model_id: Id) -> Status[None]:
    """Not the default one, and none that a rule reads. Scope: scoring.write."""
    actions.delete_model(caller(request), _model(model_id), etag.seen(request))
    return Status(204, None)


@router.post("/{model_id}/copy", response={201: ModelOut}, summary="Copy a score model")
def copy_model(request: HttpRequest, model_id: Id, body: CopyIn) -> Status[ScoreModel]:
    """With its rules; the copy is switched off. Scope: scoring.write."""
    return Status(201, actions.copy_model(caller(request), _model(model_id), body.name))


@router.post("/{model_id}/switch", response=ModelOut, summary="Switch a model on or off")
def switch_model(request: HttpRequest, model_id: Id, body: SwitchIn) -> ScoreModel:
    """Scope: scoring.write."""
    return actions.switch_model(caller(request), _model(model_id), body.on)


@router.post("/run/stop", response={204: None}, summary="Stop scoring everybody")
def stop_scoring(request: HttpRequest) -> Status[None]:
    """Who was scored by then stays so. Scope: scoring.write."""
    actions.stop_scoring(caller(request))
    return Status(204, None)


@router.post("/run/start", response={204: None}, summary="Score everybody again")
def start_scoring(request: HttpRequest) -> Status[None]:
    """In the background. Scope: scoring.write."""
    actions.start_scoring(caller(request))
    return Status(204, None)


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


@router.get("/{model_id}/rules/{rule_id}", response=RuleOut, summary="Read a rule")
def read_rule(request: HttpRequest, model_id: Id, rule_id: Id) -> ScoreRule:
    """Scope: scoring.read."""
    caller(request, "scoring.read")
    return actions.find_rule(actions.find_model(model_id), rule_id)


@router.put(
    "/{model_id}/rules/{rule_id}",
    response=RuleOut,
    summary="Change a rule",
    openapi_extra=etag.CHANGES,
)
def change_rule(request: HttpRequest, model_id: Id, rule_id: Id, body: RuleIn) -> ScoreRule:
    """Scope: scoring.write."""
    number = _rule(model_id, rule_id)
    return actions.save_rule(
        caller(request), model_id, body.draft(), number, etag.seen(request)
    )


@router.delete(
    "/{model_id}/rules/{rule_id}",
    response={204: None},
    summary="Delete a rule",
    openapi_extra=etag.CHANGES,
)
def delete_rule(request: HttpRequest, model_id: Id, rule_id: Id) -> Status[None]:
    """Scope: scoring.write."""
    number = _rule(model_id, rule_id)
    actions.delete_rule(caller(request), model_id, number, etag.seen(request))
    return Status(204, None)


def _model(model_id: Id) -> int:
    if not ScoreModel.objects.filter(pk=model_id).exists():
        raise NotFound("There is no such score model.", model_id=model_id)
    return model_id


def _rule(model_id: Id, rule_id: Id) -> int:
    if not ScoreRule.objects.filter(pk=rule_id, model_id=model_id).exists():
        raise NotFound("There is no such rule in this model.", rule_id=rule_id)
    return rule_id
