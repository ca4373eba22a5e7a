"""Drafts of score models: several edits, looked at and published together."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.shown import ShownRule
from trellis.api.v1.scoring import ImpactOut, ModelIn, RuleIn
from trellis.core import clock
from trellis.scoring import actions, drafts, starters
from trellis.scoring.drafting import rule_values, settings_of

router = Router(tags=["scoring"])


class EditOut(Schema):
    """One difference to the live model; ``fields`` name to [before, after]."""

    kind: str
    ref: str
    name: str
    fields: ShownRule


class DraftOut(Schema):
    """The model as drafted: rules by reference, and what differs from the live one."""

    by: str
    settings: dict[str, Any]
    version: int
    rules: dict[str, ShownRule]
    edits: list[EditOut]


class RefOut(Schema):
    """The reference of a rule in the draft."""

    ref: str


class PublishIn(Schema):
    """``over`` publishes even over what others changed since the draft was begun."""

    over: bool = False


def _shown(model_id: int) -> dict[str, Any]:
    model = actions.find_model(model_id)
    drafted, rows, refs = drafts.shown(model)
    return {
        "by": (model.draft or {}).get("by", ""),
        "settings": settings_of(drafted),
        "version": drafted.version,
        "rules": {refs[row.pk]: rule_values(row) | {"version": row.version} for row in rows},
        "edits": drafts.edits(model),
    }


@router.get("/{model_id}/draft", response=DraftOut, summary="Read the draft")
def read_draft(request: HttpRequest, model_id: Id) -> Any:
    """Like the live model where there is none. Scope: scoring.read."""
    caller(request, "scoring.read")
    return _shown(model_id)


@router.post("/{model_id}/draft", response={201: DraftOut}, summary="Begin a draft")
def begin_draft(request: HttpRequest, model_id: Id) -> Status[Any]:
    """One that there is already goes on. Scope: scoring.write."""
    drafts.begin(caller(request), model_id)
    return Status(201, _shown(model_id))


@router.post("/{model_id}/draft/starter", response=DraftOut, summary="Starter rules")
def offer_starter(request: HttpRequest, model_id: Id) -> Any:
    """Puts a small set of rules into the draft of a model without rules. Scope:
    scoring.write."""
    starters.offer(caller(request), model_id)
    return _shown(model_id)


@router.delete(
    "/{model_id}/draft",
    response={204: None},
    summary="Discard the draft",
    openapi_extra=etag.CHANGES,
)
def discard_draft(request: HttpRequest, model_id: Id) -> Status[None]:
    """Scope: scoring.write."""
    drafts.discard(caller(request), model_id, etag.seen(request))
    return Status(204, None)


@router.patch(
    "/{model_id}/draft",
    response=DraftOut,
    summary="Change settings in the draft",
    openapi_extra=etag.CHANGES,
)
def change_draft(request: HttpRequest, model_id: Id, body: ModelIn) -> Any:
    """Scope: scoring.write."""
    drafts.save_settings(caller(request), model_id, body.draft(), etag.seen(request))
    return _shown(model_id)


@router.post("/{model_id}/draft/rules", response={201: RefOut}, summary="Draft a new rule")
def add_rule(request: HttpRequest, model_id: Id, body: RuleIn) -> Status[Any]:
    """Scope: scoring.write."""
    ref = drafts.save_rule(caller(request), model_id, body.draft())
    return Status(201, {"ref": ref})


@router.put(
    "/{model_id}/draft/rules/{ref}",
    response=RefOut,
    summary="Change a drafted rule",
    openapi_extra=etag.CHANGES,
)
def change_rule(request: HttpRequest, model_id: Id, ref: str, body: RuleIn) -> Any:
    """``ref`` is ``r`` and the number of a live rule, or what drafting a new one answered.
    Scope: scoring.write."""
    drafts.save_rule(caller(request), model_id, body.draft(), ref, etag.seen(request))
    return {"ref": ref}


@router.delete(
    "/{model_id}/draft/rules/{ref}",
    response={204: None},
    summary="Take a rule out of it",
    openapi_extra=etag.CHANGES,
)
def remove_rule(request: HttpRequest, model_id: Id, ref: str) -> Status[None]:
    """Scope: scoring.write."""
    drafts.remove_rule(caller(request), model_id, ref, etag.seen(request))
    return Status(204, None)


@router.post("/{model_id}/draft/preview", response=ImpactOut, summary="Preview the draft")
def preview(request: HttpRequest, model_id: Id) -> Any:
    """What publishing it would change. Scope: scoring.read."""
    return drafts.preview(caller(request, "scoring.read"), model_id, clock.now())


@router.post("/{model_id}/draft/publish", response=list[EditOut], summary="Publish the draft")
def publish(request: HttpRequest, model_id: Id, body: PublishIn) -> Any:
    """All of it at once; answers what changed. 409 where the live model was changed since
    the draft was begun. Scope: scoring.write."""
    return drafts.publish(caller(request), model_id, over=body.over)
