"""Rules on their own: what they may be made of, whether they are valid, what they say, whom
they find, and why they hold for somebody."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trellis.api.auth import caller
from trellis.api.paging import Json
from trellis.api.v1.contacts import ContactOut, RuleIn
from trellis.core import clock
from trellis.core.errors import NotFound
from trellis.events.behaviour import read_draft
from trellis.people import queries as people
from trellis.rules import evaluate, explain, offers, remedy
from trellis.rules.operators import operators_for
from trellis.rules.parse import written
from trellis.rules.types import RuleError
from trellis.rules.words import sentence
from trellis.segments import preview as previews

router = Router(tags=["rules"])


class ChoiceOut(Schema):
    """One value of a closed field."""

    key: str
    label: str


class FieldOut(Schema):
    """What a rule can read, and the keys of the operators that fit it."""

    key: str
    label: str
    type: str
    group: str
    choices: list[ChoiceOut] | None
    operators: list[str]


class ValueQuery(Schema):
    """The field whose values are wanted, and what they shall contain."""

    field: str = Field(max_length=120)
    q: str = Field("", max_length=100)


class ValueOut(Schema):
    """A value that people really have, and how many of those looked at have it."""

    value: Any
    n: int


class ProblemOut(Schema):
    """What is wrong, and where: ``all[2].value``; an empty path is the whole rule."""

    path: str
    message: str


class CheckedOut(Schema):
    """Whether a rule is valid; what it says, or everything that is wrong with it."""

    valid: bool
    sentence: str
    problems: list[ProblemOut]


class FoundOut(Schema):
    """What a rule says, how many it holds for, and some of them. An estimate (``exact``
    false) comes from ``looked`` contacts picked at random and lies within ``margin`` of the
    truth in 95 of 100 cases; where ``looked`` is 0, nothing could be counted in time. ``sample`` needs the scope contacts.read."""

    sentence: str
    n: int
    total: int
    exact: bool
    margin: int
    looked: int
    contact_ids: list[int]
    sample: list[ContactOut]


class ExplainIn(RuleIn):
    """A rule, and the contact it is explained for."""

    contact_id: int = Field(ge=1, le=2**63 - 1)


@router.get("/fields", response=list[FieldOut], summary="What rules can read")
def list_fields(request: HttpRequest) -> list[Json]:
    """Fields with their choices and the operators that fit. Scope: segments.read."""
    caller(request, "segments.read")
    return [
        {
            "key": field.key,
            "label": str(field.label),
            "type": field.type,
            "group": str(field.group),
            "choices": None
            if field.choices is None
            else [{"key": row.key, "label": str(row.label)} for row in field.choices],
            "operators": [operator.key for operator in operators_for(field.type)],
        }
        for field in evaluate.fields().values()
    ]


@router.get("/values", response=list[ValueOut], summary="Values of a field")
def list_values(request: HttpRequest, query: Annotated[ValueQuery, Query()]) -> Any:
    """The most frequent values that people have in a field; none of fields that name a
    person. Scope: segments.read."""
    caller(request, "segments.read")
    known = evaluate.fields()
    field = known.get(query.field)
    if field is None:
        raise NotFound("There is no such field.", field=query.field)
    if not offers.offers(field):
        return []
    return offers.values(field, query.q, known, clock.now())


@router.post("/validate", response=CheckedOut, summary="Check a rule")
def validate(request: HttpRequest, body: RuleIn) -> Json:
    """Every fault of a rule at once, each with its place. Scope: segments.read."""
    caller(request, "segments.read")
    known = evaluate.fields()
    try:
        rule = written(body.rule, known)
    except RuleError as error:
        faults = [{"path": row.path, "message": row.message} for row in error.problems]
        return {"valid": False, "sentence": "", "problems": faults}
    return {"valid": True, "sentence": sentence(rule, known), "problems": []}


@router.post("/preview", response=FoundOut, summary="Count and name whom a rule finds")
def preview(request: HttpRequest, body: RuleIn) -> Json:
    """Answers within about a second, whatever the number of contacts. Scope:
    segments.read."""
    actor = caller(request, "segments.read")
    found = previews.preview(actor, body.rule, clock.now())
    named = people.by_ids(found.contact_ids) if actor.may("contacts.read") else []
    return {
        "sentence": found.sentence,
        "n": found.count.n,
        "total": found.count.total,
        "exact": found.count.exact,
        "margin": found.count.margin,
        "looked": found.looked,
        "contact_ids": list(found.contact_ids),
        "sample": named,
    }


@router.post("/explain", response=Json, summary="Explain a rule for one contact")
def explain_rule(request: HttpRequest, body: ExplainIn) -> Json:
    """Each condition with the contact's actual value, whether it holds, and what would make
    it hold. Scope: contacts.read."""
    caller(request, "contacts.read")
    who = people.profile(body.contact_id)
    if who is None:
        raise NotFound("There is no such contact.", contact_id=body.contact_id)
    known = evaluate.fields()
    rule = read_draft(body.rule)
    return remedy.remedies(
        rule, explain.explain(rule, who.contact_id, clock.now(), known), known
    )
