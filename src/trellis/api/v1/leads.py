"""Leads in business lines: list, end, qualify, decide about proposals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.api.v1.contacts import MovedOut
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.leads import actions, queries
from trellis.people import queries as people

router = Router(tags=["leads"])

Key = Annotated[str, Field(max_length=64)]
Ids = Annotated[list[int], Field(min_length=1, max_length=5_000)]
Note = Annotated[str, Field(max_length=300)]


class LeadOut(Schema):
    """A lead of a contact in one line; ``outcome`` "" is open."""

    contact_id: int
    line: str
    stage: str
    stage_since: datetime
    owner_id: int | None
    value: Decimal | None
    currency: str
    outcome: str
    reason: str
    closed_at: datetime | None
    proposed: str
    version: int


class LeadPage(Schema):
    """A page of leads, who came into their stage last first."""

    items: list[LeadOut]
    next_cursor: str | None


class LeadQuery(PageQuery):
    """Which leads of a line."""

    line: Key = ""
    stage: Key = ""
    outcome: Literal["all", "open", "won", "lost", "disqualified"] = "all"


class MoveOut(Schema):
    """A move in the history of a contact, or a change of outcome (then from = to)."""

    line: str
    source: str = Field(description='Stage before; "" where there was no lead.')
    target: str
    at: datetime
    actor: str
    how: str
    reason: str
    outcome: str
    facts: dict[str, Any]
    cause_id: int | None


class AnswerOut(Schema):
    """A question with the answer of a contact; ``speaks_for`` null says nothing."""

    key: str
    text: str
    kind: str
    options: list[str]
    value: Any = None
    said_by: str
    said_at: datetime | None
    speaks_for: bool | None


class QualificationOut(Schema):
    """How far the qualification is, with every question."""

    answered: int
    total: int
    questions: list[AnswerOut]


class AnswersIn(Schema):
    """Answers by key of their question; null takes one away."""

    line: Key = ""
    answers: dict[str, Any]


class WinIn(Schema):
    """What a won lead is worth."""

    contact_id: int = Field(ge=1, le=2**63 - 1)
    line: Key = ""
    value: Decimal | None = Field(None, ge=0, lt=10**12)
    currency: str = Field("", max_length=3)
    version: int | None = None


class EndIn(Schema):
    """Leads that end for a reason of the line's list."""

    contact_ids: Ids
    reason_id: int = Field(ge=1, le=2**31 - 1)
    note: Note = ""
    line: Key = ""


class ReopenIn(Schema):
    """Lost or disqualified leads to open again, and why."""

    contact_ids: Ids
    reason: Note
    line: Key = ""


class AddIn(Schema):
    """Contacts that become leads in a line."""

    contact_ids: Ids
    line: Key


class ProposalOut(Schema):
    """A lead that is proposed for a stage, and the facts it was proposed on."""

    contact_id: int
    proposal_id: int
    source: str
    target: str
    made_at: datetime
    facts: dict[str, Any]
    score: int


class ProposalPage(Schema):
    """A page of proposals, newest first."""

    items: list[ProposalOut]
    next_cursor: str | None


class ProposalQuery(PageQuery):
    """The line they are in."""

    line: Key = ""


class AcceptIn(Schema):
    """Proposals to accept."""

    contact_ids: Ids
    line: Key = ""


@router.get("", response=LeadPage, summary="List leads")
def list_leads(request: HttpRequest, query: Annotated[LeadQuery, Query()]) -> Json:
    """The leads of a line, the default one where none is named. Scope: leads.read."""
    caller(request, "leads.read")
    line = queries.line(query.line)
    stages = queries.stages(line.pk)
    stage_id = None
    if query.stage:
        found = [row.id for row in stages.values() if row.key == query.stage]
        if not found:
            raise NotFound("There is no such stage.", stage=query.stage)
        stage_id = found[0]
    outcome = {"all": None, "open": ""}.get(query.outcome, query.outcome)
    page = queries.leads(
        line.pk, stage_id=stage_id, outcome=outcome, after=query.after, limit=query.limit
    )
    names = {row.pk: row.name for row in queries.reasons(line.pk)}
    items = [
        _lead(row, row.contact_id, line.key, stages, names.get(row.reason_id or 0, ""))
        for row in page.rows
    ]
    return {"items": items, "next_cursor": page.next or None}


def _lead(row: Any, contact_id: int, line: str, stages: Any, reason: str) -> Json:
    proposed = stages.get(row.proposed_id or 0)
    return {
        "contact_id": contact_id,
        "line": line,
        "stage": stages[row.stage_id].key if row.stage_id in stages else "",
        "stage_since": row.stage_since,
        "owner_id": row.owner_id,
        "value": row.value,
        "currency": row.currency,
        "outcome": row.outcome,
        "reason": reason,
        "closed_at": row.closed_at,
        "proposed": proposed.key if proposed else "",
        "version": row.version,
    }


@router.post("", response=MovedOut, summary="Make contacts leads in a line")
def add_leads(request: HttpRequest, body: AddIn) -> Any:
    """In the first stage of the line; who is a lead there already stays. Scope:
    leads.write."""
    actor = caller(request, "leads.write")
    return actions.add_leads(actor, _real(body.contact_ids), body.line, "hand", clock.now())


@router.post("/win", response=list[LeadOut], summary="Win a lead")
def win(request: HttpRequest, body: WinIn) -> Any:
    """It moves to the first won stage unless it stands in one. Answers all leads of the
    contact. Scope: leads.write."""
    actor = caller(request, "leads.write")
    actions.win(
        actor,
        body.contact_id,
        body.value,
        body.currency,
        clock.now(),
        line=body.line,
        version=body.version,
    )
    return _of_contact(body.contact_id)


@router.post("/lose", response=MovedOut, summary="Lose leads")
def lose(request: HttpRequest, body: EndIn) -> Any:
    """For a reason; they stay in their stage. Scope: leads.write."""
    actor, ids = caller(request, "leads.write"), _real(body.contact_ids)
    return actions.lose(actor, ids, body.reason_id, clock.now(), note=body.note, line=body.line)


@router.post("/disqualify", response=MovedOut, summary="Disqualify leads")
def disqualify(request: HttpRequest, body: EndIn) -> Any:
    """For a reason: no rule moves them any more. Scope: leads.write."""
    actor, ids = caller(request, "leads.write"), _real(body.contact_ids)
    return actions.disqualify(
        actor, ids, body.reason_id, clock.now(), note=body.note, line=body.line
    )


@router.post("/reopen", response=MovedOut, summary="Open leads again")
def reopen(request: HttpRequest, body: ReopenIn) -> Any:
    """Lost or disqualified ones. Scope: leads.write."""
    actor, ids = caller(request, "leads.write"), _real(body.contact_ids)
    return actions.reopen(actor, ids, body.reason, clock.now(), line=body.line)


@router.get("/proposals", response=ProposalPage, summary="List proposals")
def list_proposals(request: HttpRequest, query: Annotated[ProposalQuery, Query()]) -> Json:
    """Who is ready to be sent on. Scope: leads.read."""
    caller(request, "leads.read")
    line = queries.line(query.line)
    stages = queries.stages(line.pk)
    page = queries.proposals(line.pk, query.after, query.limit)
    items = [
        {
            "contact_id": row.contact_id,
            "proposal_id": row.proposal_id,
            "source": stages[row.from_stage_id].key if row.from_stage_id in stages else "",
            "target": stages[row.stage_id].key if row.stage_id in stages else "",
            "made_at": row.made_at,
            "facts": row.facts,
            "score": row.score,
        }
        for row in page.rows
    ]
    return {"items": items, "next_cursor": page.next or None}


@router.post("/proposals/accept", response=MovedOut, summary="Accept proposals")
def accept(request: HttpRequest, body: AcceptIn) -> Any:
    """Moves the leads to the stage they are proposed for. Scope: leads.write."""
    actor, ids = caller(request, "leads.write"), _real(body.contact_ids)
    return actions.accept(actor, ids, clock.now(), line=body.line)


@router.post("/proposals/refuse", response=MovedOut, summary="Reject proposals")
def refuse(request: HttpRequest, body: ReopenIn) -> Any:
    """With a reason; the same comes back only when the facts change. Scope: leads.write."""
    actor, ids = caller(request, "leads.write"), _real(body.contact_ids)
    return actions.refuse(actor, ids, body.reason, clock.now(), line=body.line)


@router.get("/{contact_id}", response=list[LeadOut], summary="Leads of a contact")
def leads_of_contact(request: HttpRequest, contact_id: Id) -> Any:
    """One in each line where there is one. Scope: leads.read."""
    caller(request, "leads.read")
    _contact(contact_id)
    return _of_contact(contact_id)


@router.get("/{contact_id}/moves", response=list[MoveOut], summary="Stage history of a contact")
def list_moves(request: HttpRequest, contact_id: Id) -> Any:
    """Newest first, at most 100. Scope: leads.read."""
    caller(request, "leads.read")
    _contact(contact_id)
    lines = {row.pk: row.key for row in queries.lines()}
    stages = queries.all_stages()
    keys = {number: row.key for number, row in stages.items()}
    return [
        {
            "line": lines.get(row.line_id, ""),
            "source": keys.get(row.from_stage_id or 0, ""),
            "target": keys.get(row.to_stage_id, ""),
            "at": row.at,
            "actor": row.actor,
            "how": row.how,
            "reason": row.reason,
            "outcome": row.outcome,
            "facts": row.facts,
            "cause_id": row.cause_id,
        }
        for row in queries.moves(contact_id)
    ]


@router.get("/{contact_id}/qualification", response=QualificationOut, summary="Qualification")
def get_qualification(
    request: HttpRequest, contact_id: Id, line: Annotated[str, Query(max_length=64)] = ""
) -> Json:
    """The questions of a line with the answers of a contact. Scope: leads.read."""
    caller(request, "leads.read")
    _contact(contact_id)
    return _qualification(contact_id, line)


@router.put(
    "/{contact_id}/qualification", response=QualificationOut, summary="Answer questions"
)
def answer(request: HttpRequest, contact_id: Id, body: AnswersIn) -> Json:
    """What is left out stays. Scopes: leads.write and contacts.write."""
    actor = caller(request, "leads.write")
    _contact(contact_id)
    actions.answer(actor, contact_id, body.answers, line=body.line)
    return _qualification(contact_id, body.line)


def _qualification(contact_id: int, line: str) -> Json:
    rows = queries.qualification(contact_id, queries.line(line).pk)
    return {
        "answered": sum(row.answered for row in rows),
        "total": len(rows),
        "questions": [
            {
                "key": row.question.key,
                "text": row.question.text,
                "kind": row.question.kind,
                "options": row.question.options,
                "value": row.value,
                "said_by": row.said_by,
                "said_at": row.said_at,
                "speaks_for": row.speaks_for,
            }
            for row in rows
        ],
    }


def _of_contact(contact_id: int) -> list[Json]:
    stages = queries.all_stages()
    return [
        _lead(row, contact_id, row.line_key, stages, row.reason)
        for row in queries.of_contact(contact_id)
    ]


def _contact(contact_id: int) -> None:
    if people.profile(contact_id) is None:
        raise NotFound("There is no such contact.", contact_id=contact_id)


def _real(numbers: list[int]) -> list[int]:
    return [number for number in numbers if 0 < number < 2**63]
