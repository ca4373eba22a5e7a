"""What pages and the API read about lines, stages, leads and their history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from trellis.core import db
from trellis.core.paging import Cursor, Page, paged
from trellis.core.sql import load
from trellis.leads.actions.shared import line_row
from trellis.leads.models import Line, Question, Reason, Stage, StageMove
from trellis.people import masking
from trellis.people.models import Contact

_SQL = load("trellis.leads", "lists")


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A stage as lists and badges need it; ``share`` is how far it is, 0 to 100; ``path``
    names it across lines."""

    id: int
    key: str
    path: str
    name: str
    rank: int
    kind: str
    team: str
    rule: Mapping[str, Any] | None
    rule_broken: str
    automatic: str
    requires: Sequence[str]
    min_score: int | None
    limit_days: int | None
    version: int
    line_id: int
    archived: bool
    share: int


def lines() -> Sequence[Line]:
    """The live business lines, the default one first."""
    return list(Line.objects.filter(archived_at__isnull=True))


def line(key: str = "") -> Line:
    """The live line of that key, the default one for "". Raises ``NotFound``."""
    return line_row(key)


def whole() -> tuple[Sequence[Line], dict[int, StageRow]]:
    """The live lines, the default one first, and all their stages by id: one query."""
    found = list(Stage.objects.select_related("line").filter(line__archived_at=None))
    known = {stage.line_id: stage.line for stage in found}
    ordered = sorted(known.values(), key=lambda row: (not row.default, row.rank, row.pk))
    return ordered, _rows(found)


def named(stages: Iterable[StageRow], lines: Mapping[int, Line]) -> dict[str, str]:
    """What ``stage_names`` tells, of stages and lines that were read already."""
    found = {}
    for row in stages:
        if not row.archived:
            line = lines[row.line_id]
            found[row.path] = row.name if line.default else f"{line.name}: {row.name}"
    return found


def stage_names() -> dict[str, str]:
    """What live stages are called, by path (``stage`` or ``line/stage``)."""
    rows = Stage.objects.filter(archived_at=None, line__archived_at=None)
    found = {}
    for key, name, line_key, line_name, default in rows.values_list(
        "key", "name", "line__key", "line__name", "line__default"
    ):
        if default:
            found[key] = name
        else:
            found[f"{line_key}/{key}"] = f"{line_name}: {name}"
    return found


def stages(line_id: int | None = None) -> dict[int, StageRow]:
    """All stages of a line (None: the default one) by id, in their order, the archived ones
    last."""
    rows = Stage.objects.select_related("line")
    rows = rows.filter(line__default=True) if line_id is None else rows.filter(line_id=line_id)
    return _rows(list(rows))


def all_stages() -> dict[int, StageRow]:
    """The stages of all live lines by id, line by line, the archived ones last."""
    return _rows(list(Stage.objects.select_related("line").filter(line__archived_at=None)))


def _rows(found: list[Stage]) -> dict[int, StageRow]:
    share: dict[int, int] = {}
    for line_id in {stage.line_id for stage in found}:
        path = sorted(
            (
                stage
                for stage in found
                if stage.line_id == line_id and stage.kind != "other" and not stage.archived_at
            ),
            key=lambda stage: stage.rank,
        )
        share |= {s.pk: round(100 * (at + 1) / len(path)) for at, s in enumerate(path)}
    found.sort(
        key=lambda s: (s.archived_at is not None, not s.line.default, s.line.rank, s.line_id, s.rank)
    )  # fmt: skip
    return {
        stage.pk: StageRow(
            id=stage.pk,
            key=stage.key,
            path=stage.key if stage.line.default else f"{stage.line.key}/{stage.key}",
            name=stage.name,
            rank=stage.rank,
            kind=stage.kind,
            team=stage.team,
            rule=stage.rule,
            rule_broken=stage.rule_broken,
            automatic=stage.automatic,
            requires=stage.requires,
            min_score=stage.min_score,
            limit_days=stage.limit_days,
            version=stage.version,
            line_id=stage.line_id,
            archived=stage.archived_at is not None,
            share=share.get(stage.pk, 0),
        )
        for stage in found
    }


def live_stages(found: Mapping[int, StageRow]) -> Sequence[StageRow]:
    """The stages in use, in their order."""
    return [stage for stage in found.values() if not stage.archived]


def reasons(line_id: int, kind: str = "") -> Sequence[Reason]:
    """The reasons of a line that can be chosen, of one kind or all."""
    rows = Reason.objects.filter(line_id=line_id, archived_at__isnull=True)
    return list(rows.filter(kind=kind) if kind else rows)


def questions(line_id: int) -> Sequence[Question]:
    """The questions of a line, in their order."""
    return list(Question.objects.filter(line_id=line_id, archived_at__isnull=True))


@dataclass(frozen=True, kw_only=True)
class Column:
    """A stage on the board: leads in it, those that ended there as lost or disqualified,
    those proposed for another stage; who came and went since a time."""

    leads: int = 0
    ended: int = 0
    proposed: int = 0
    came: int = 0
    went: int = 0


def board(line_id: int, since: datetime) -> dict[int, Column]:
    """Counts by stage id; stages without any are left out."""
    params = {"line": line_id, "since": since}
    flow = {row[0]: row[1:] for row in db.fetch(_SQL["flow"], params)}
    counts = {row[0]: row[1:] for row in db.fetch(_SQL["board"], params)}
    found = {}
    for stage_id in counts.keys() | flow.keys():
        leads, ended, proposed = counts.get(stage_id, (0, 0, 0))
        came, went = flow.get(stage_id, (0, 0))
        found[stage_id] = Column(
            leads=leads, ended=ended, proposed=proposed, came=came, went=went
        )
    return found


def visitors() -> int:
    """How many visitors nobody knows: they stand in the first stage without a lead."""
    ((n,),) = db.fetch(_SQL["visitors"])
    return int(n)


@dataclass(frozen=True, kw_only=True)
class OfContact:
    """The lead of a contact in one line."""

    line_id: int
    line_key: str
    line: str
    default: bool
    stage_id: int
    stage_since: datetime
    owner_id: int | None
    owner: str
    value: Decimal | None
    currency: str
    outcome: str
    reason: str
    closed_at: datetime | None
    proposed_id: int | None
    version: int


def of_contact(contact_id: int) -> Sequence[OfContact]:
    """The leads of a contact, the default line first."""
    return [
        OfContact(**masking.row(row))
        for row in _fetch(_SQL["of_contact"], {"contact": contact_id})
    ]


def owners(contact_ids: Sequence[int]) -> dict[int, int]:
    """The owners of these contacts' leads in the default line; who has none is missing."""
    rows = db.fetch(_SQL["owners"], {"contacts": list(contact_ids)})
    return dict(rows)


def moves(contact_id: int) -> list[StageMove]:
    """How a contact went through the stages of all lines, the newest first."""
    rows = StageMove.objects.filter(contact_id=contact_id).order_by("-at", "-move_id")
    found = list(rows[:100])
    for row in found:
        row.reason = masking.text(row.reason)
    return found


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who a lead or a proposal is about."""

    contact_id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    score: int
    temperature: str

    @property
    def name(self) -> str:
        """How the person is called in lists."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone


@dataclass(frozen=True, kw_only=True)
class LeadRow(Person):
    """A lead in a list."""

    stage_id: int
    stage_since: datetime
    owner_id: int | None
    value: Decimal | None
    currency: str
    outcome: str
    reason_id: int | None
    closed_at: datetime | None
    proposed_id: int | None
    version: int
    created_at: datetime


def leads(
    line_id: int,
    *,
    stage_id: int | None = None,
    outcome: str | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page[LeadRow]:
    """Leads of a line, those who came into their stage last first; ``outcome`` "" are the
    open ones, None is all."""
    params: dict[str, Any] = {"line": line_id, "limit": limit + 1}
    filters = []
    if stage_id is not None:
        filters.append("l.stage_id = %(stage)s")
        params["stage"] = stage_id
    if outcome is not None:
        filters.append("l.outcome = %(outcome)s")
        params["outcome"] = outcome
    if after is not None:
        filters.append("(l.stage_since, l.contact_id) < (%(at)s, %(id)s)")
        params |= {"at": after.at, "id": after.id}
    rows = _fetch(_SQL["leads"].replace("{filters}", _all(filters)), params)
    found = [LeadRow(**_veil(row)) for row in rows]
    return paged(found, limit, lambda row: (row.stage_since, row.contact_id))


@dataclass(frozen=True, kw_only=True)
class ProposalRow(Person):
    """An open proposal; ``facts`` are those it was made on."""

    proposal_id: int
    from_stage_id: int | None
    stage_id: int
    made_at: datetime
    facts: Mapping[str, Any]
    grade: str
    last_seen: datetime | None


def proposals(line_id: int, after: Cursor | None = None, limit: int = 50) -> Page[ProposalRow]:
    """Open proposals of a line, newest first."""
    params: dict[str, Any] = {"line": line_id, "limit": limit + 1}
    filters = []
    if after is not None:
        filters.append("(p.made_at, p.proposal_id) < (%(at)s, %(id)s)")
        params |= {"at": after.at, "id": after.id}
    rows = _fetch(_SQL["proposals"].replace("{filters}", _all(filters)), params)
    found = [ProposalRow(**_veil(row)) for row in rows]
    return paged(found, limit, lambda row: (row.made_at, row.proposal_id))


def proposal_counts() -> dict[int, int]:
    """Open proposals by line."""
    return dict(db.fetch(_SQL["proposal_counts"]))


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question with the answer of a contact (None: not answered), who said so, when, and
    whether it speaks for the lead (None: it says nothing about that)."""

    question: Question
    value: Any
    said_by: str
    said_at: datetime | None
    speaks_for: bool | None

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.value not in (None, "", [])


def qualification(contact_id: int, line_id: int) -> Sequence[Answered]:
    """The questions of a line with the answers of a contact (L8)."""
    row = Contact.objects.filter(contact_id=contact_id).only("attributes", "provenance").first()
    attributes = row.attributes if row else {}
    provenance = row.provenance if row else {}
    return answered([line_id], attributes, provenance).get(line_id, ())


def answered(
    line_ids: Sequence[int], attributes: Mapping[str, Any], provenance: Mapping[str, Any]
) -> Mapping[int, Sequence[Answered]]:
    """The questions of some lines, by line, with the answers that attributes hold."""
    found: dict[int, list[Answered]] = {}
    rows = Question.objects.filter(line_id__in=list(line_ids), archived_at__isnull=True)
    for row in rows:
        found.setdefault(row.line_id, []).append(_answered(row, attributes, provenance))
    return found


def _answered(
    question: Question, attributes: Mapping[str, Any], provenance: Mapping[str, Any]
) -> Answered:
    value = attributes.get(question.attribute)
    said = provenance.get(question.attribute) or {}
    given = value if isinstance(value, list) else [value]
    speaks = None
    if question.wanted and value not in (None, "", []):
        speaks = any(item in question.wanted for item in given)
    return Answered(
        question=question,
        value=value,
        said_by=str(said.get("src", "")) if value is not None else "",
        said_at=datetime.fromisoformat(said["at"]) if said.get("at") else None,
        speaks_for=speaks,
    )


def _veil(row: dict[str, Any]) -> dict[str, Any]:
    """Who a row is about, veiled for those who may not see private data."""
    if masking.veiled():
        row["last_name"] = masking.family_name(row["last_name"])
        row["email"], row["phone"] = masking.email(row["email"]), masking.phone(row["phone"])
    return row


def _all(filters: Sequence[str]) -> str:
    return "".join(f" AND {item}" for item in filters)


def _fetch(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        for key, value in row.items():
            if key == "facts" and isinstance(value, str):
                row[key] = json.loads(value)
    return rows
