"""Business lines, and the reasons and questions of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.api.shown import ShownRule
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.leads import actions, queries
from trellis.leads.actions import LineDraft, QuestionDraft, ReasonDraft

router = Router(tags=["lines"])

Key = Annotated[str, Field(max_length=64)]


class LineOut(Schema):
    """A business line. ``entry`` is the rule that makes leads in it; ``version`` goes up with
    each change."""

    id: int
    key: str
    name: str
    default: bool
    entry: dict[str, Any] | None
    entry_broken: str
    version: int


class LineIn(Schema):
    """A line to add; it begins as a copy of the default one, without rules."""

    key: Key
    name: str = Field(max_length=120)
    entry: dict[str, Any] | None = None


class LineChange(Schema):
    """The line as it shall be."""

    name: str = Field(max_length=120)
    entry: dict[str, Any] | None = None


class KeysIn(Schema):
    """All keys in their new order."""

    keys: list[str] = Field(max_length=100)


class ReasonOut(Schema):
    """A reason for which leads end (lost, disqualified) or are not sent on (refused)."""

    id: int
    kind: str
    name: str
    rule: ShownRule | None
    rule_broken: str
    version: int


class ReasonIn(Schema):
    """A reason; only one that disqualifies may have a rule."""

    kind: Literal["lost", "disqualified", "refused"]
    name: str = Field(max_length=120)
    rule: dict[str, Any] | None = None


class QuestionOut(Schema):
    """A question that qualifies leads. Answers stand in the contact's ``attribute``."""

    id: int
    key: str
    text: str
    kind: str
    options: list[str]
    wanted: list[str]
    attribute: str
    version: int


class QuestionIn(Schema):
    """A question: choice, many, yes_no, number or text."""

    text: str = Field(max_length=200)
    kind: Literal["choice", "many", "yes_no", "number", "text"] = "choice"
    options: list[str] = Field(default_factory=list, max_length=50)
    wanted: list[str] = Field(default_factory=list, max_length=50)


@router.get("", response=list[LineOut], summary="List business lines")
def list_lines(request: HttpRequest) -> Any:
    """The default one first. Scope: leads.read."""
    caller(request, "leads.read")
    return queries.lines()


@router.post("", response={201: LineOut}, summary="Add a business line")
def add_line(request: HttpRequest, body: LineIn) -> Status[Any]:
    """Scope: stages.write."""
    draft = LineDraft(name=body.name, entry=body.entry)
    return Status(201, actions.add_line(caller(request), body.key, draft))


@router.put("/order", response=list[LineOut], summary="Reorder business lines")
def reorder_lines(request: HttpRequest, body: KeysIn) -> Any:
    """Scope: stages.write."""
    actions.reorder_lines(caller(request), body.keys)
    return queries.lines()


@router.get("/{key}", response=LineOut, summary="Read a business line")
def read_line(request: HttpRequest, key: str) -> Any:
    """Scope: leads.read."""
    caller(request, "leads.read")
    return queries.line(key)


@router.put(
    "/{key}", response=LineOut, summary="Change a business line", openapi_extra=etag.CHANGES
)
def change_line(request: HttpRequest, key: str, body: LineChange) -> Any:
    """Scope: stages.write."""
    draft = LineDraft(name=body.name, entry=body.entry)
    return actions.change_line(caller(request), key, draft, version=etag.seen(request))


@router.post(
    "/{key}/archive",
    response={204: None},
    summary="Archive a business line",
    openapi_extra=etag.CHANGES,
)
def archive_line(request: HttpRequest, key: str) -> Status[None]:
    """Its leads and their history stay. Scope: stages.write."""
    actions.archive_line(caller(request), key, clock.now(), etag.seen(request))
    return Status(204, None)


@router.get("/{key}/reasons", response=list[ReasonOut], summary="Reasons of a line")
def list_reasons(request: HttpRequest, key: str) -> Any:
    """Scope: leads.read."""
    caller(request, "leads.read")
    return queries.reasons(queries.line(key).pk)


@router.post("/{key}/reasons", response={201: ReasonOut}, summary="Add a reason")
def add_reason(request: HttpRequest, key: str, body: ReasonIn) -> Status[Any]:
    """Scope: stages.write."""
    draft = ReasonDraft(kind=body.kind, name=body.name, rule=body.rule)
    return Status(201, actions.save_reason(caller(request), draft, line=key))


@router.get("/{key}/reasons/{reason_id}", response=ReasonOut, summary="Read a reason")
def read_reason(request: HttpRequest, key: str, reason_id: Id) -> Any:
    """Scope: leads.read."""
    caller(request, "leads.read")
    return _of_line(queries.reasons(queries.line(key).pk), reason_id)


@router.put(
    "/{key}/reasons/{reason_id}",
    response=ReasonOut,
    summary="Change a reason",
    openapi_extra=etag.CHANGES,
)
def change_reason(request: HttpRequest, key: str, reason_id: Id, body: ReasonIn) -> Any:
    """Scope: stages.write."""
    draft = ReasonDraft(kind=body.kind, name=body.name, rule=body.rule)
    _of_line(queries.reasons(queries.line(key).pk), reason_id)
    return actions.save_reason(
        caller(request), draft, reason_id=reason_id, version=etag.seen(request)
    )


@router.delete(
    "/{key}/reasons/{reason_id}",
    response={204: None},
    summary="Archive a reason",
    openapi_extra=etag.CHANGES,
)
def archive_reason(request: HttpRequest, key: str, reason_id: Id) -> Status[None]:
    """Leads that ended for it keep it. Scope: stages.write."""
    actor = caller(request, "stages.write")
    _of_line(queries.reasons(queries.line(key).pk), reason_id)
    actions.archive_reason(actor, reason_id, clock.now(), etag.seen(request))
    return Status(204, None)


@router.get("/{key}/questions", response=list[QuestionOut], summary="Questions")
def list_questions(request: HttpRequest, key: str) -> Any:
    """The questions that qualify leads of a line. Scope: leads.read."""
    caller(request, "leads.read")
    return queries.questions(queries.line(key).pk)


@router.post("/{key}/questions", response={201: QuestionOut}, summary="Add a question")
def add_question(request: HttpRequest, key: str, body: QuestionIn) -> Status[Any]:
    """Scope: stages.write."""
    return Status(201, actions.save_question(caller(request), _question(body), line=key))


@router.get("/{key}/questions/{question_id}", response=QuestionOut, summary="Read a question")
def read_question(request: HttpRequest, key: str, question_id: Id) -> Any:
    """Scope: leads.read."""
    caller(request, "leads.read")
    return _of_line(queries.questions(queries.line(key).pk), question_id)


@router.put(
    "/{key}/questions/{question_id}",
    response=QuestionOut,
    summary="Change a question",
    openapi_extra=etag.CHANGES,
)
def change_question(request: HttpRequest, key: str, question_id: Id, body: QuestionIn) -> Any:
    """Its kind stays. Scope: stages.write."""
    actor = caller(request, "stages.write")
    _of_line(queries.questions(queries.line(key).pk), question_id)
    return actions.save_question(
        actor, _question(body), question_id=question_id, version=etag.seen(request)
    )


@router.delete(
    "/{key}/questions/{question_id}",
    response={204: None},
    summary="Archive a question",
    openapi_extra=etag.CHANGES,
)
def archive_question(request: HttpRequest, key: str, question_id: Id) -> Status[None]:
    """Answers stay. Scope: stages.write."""
    actor = caller(request, "stages.write")
    _of_line(queries.questions(queries.line(key).pk), question_id)
    actions.archive_question(actor, question_id, clock.now(), etag.seen(request))
    return Status(204, None)


def _of_line(rows: Any, wanted: int) -> Any:
    found = next((row for row in rows if row.pk == wanted), None)
    if found is None:
        raise NotFound("This line has no such thing.", id=wanted)
    return found


def _question(body: QuestionIn) -> QuestionDraft:
    return QuestionDraft(
        text=body.text, kind=body.kind, options=body.options, wanted=body.wanted
    )
