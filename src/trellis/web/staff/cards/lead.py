"""The lead: where they stand in each line and how it ended, what bars the way, what is
proposed; the questions that qualify them; how they came here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from trellis.leads import gates
from trellis.leads import queries as leads
from trellis.leads.models import Line, Reason
from trellis.leads.queries import Answered, OfContact, StageRow
from trellis.web.staff.cards.subject import Subject


def lead(subject: Subject) -> Mapping[str, Any] | None:
    """Each lead of the contact, and the lines in which there is none yet."""
    if not subject.contact.known:
        return None
    stages, lines, mine = subject.every_stage, subject.lines, subject.in_lines
    reasons = list(Reason.objects.filter(archived_at=None, line__in=list(lines)))
    others = [line for line in lines.values() if line.pk not in {row.line_id for row in mine}]
    rows = [_row(subject, row, stages, reasons) for row in mine]
    if not rows and not others:
        return None
    return {
        "rows": rows,
        "several": len(lines) > 1,
        "others": [line for line in others if not line.default],
    }


def _row(
    subject: Subject,
    row: OfContact,
    stages: Mapping[int, StageRow],
    reasons: Sequence[Reason],
) -> dict[str, Any]:
    mine = [stage for stage in stages.values() if stage.line_id == row.line_id]
    live = [stage for stage in mine if not stage.archived]
    here = stages.get(row.stage_id)
    target = stages.get(row.proposed_id or 0) or _next(here, live)
    barred = target is not None and (target.requires or target.min_score is not None)
    of = partial(_of_kind, [r for r in reasons if r.line_id == row.line_id])
    return {
        "lead": row,
        "stage": here,
        "choices": live,
        "next": target,
        "proposed": stages.get(row.proposed_id or 0),
        "lacks": gates.lacking(target, subject.id, subject.now, subject.fields)
        if target is not None and barred and row.outcome == ""
        else [],
        "lost": of("lost"),
        "disqualified": of("disqualified"),
        "refused": of("refused"),
        "typed": subject.refused(row.line_key),
    }


def _next(here: StageRow | None, live: Sequence[StageRow]) -> StageRow | None:
    if here is None:
        return None
    path = [row for row in live if row.kind != "other" and row.rank > here.rank]
    return path[0] if path else None


def _of_kind(rows: Sequence[Reason], kind: str) -> Sequence[Reason]:
    return [row for row in rows if row.kind == kind]


def qualification(subject: Subject) -> Mapping[str, Any] | None:
    """The questions of each line in which there is a lead, with what was answered."""
    if not subject.contact.known:
        return None
    mine = [row.line_id for row in subject.in_lines]
    rows = leads.answered(mine, subject.contact.attributes, subject.contact.provenance)
    groups = [
        _group(subject.lines[number], _typed(subject, subject.lines[number], found))
        for number in mine
        if (found := rows.get(number))
    ]
    return {"groups": groups, "several": len(groups) > 1} if groups else None


def _typed(subject: Subject, line: Line, rows: Sequence[Answered]) -> Sequence[Answered]:
    """The answers; those that were refused stand as they were typed."""
    if "answers" not in subject.typed or subject.typed["line"] != line.key:
        return rows
    said = subject.typed["answers"]
    return [replace(row, value=said.get(row.question.key, row.value)) for row in rows]


def _group(line: Line, rows: Sequence[Answered]) -> dict[str, Any]:
    done = sum(row.answered for row in rows)
    return {
        "line": line,
        "rows": rows,
        "done": done,
        "total": len(rows),
        "share": round(100 * done / len(rows)),
        "against": sum(row.speaks_for is False for row in rows),
    }


def history(subject: Subject) -> Mapping[str, Any]:
    """How they went through the stages of all lines, and how that ended."""
    stages, lines = subject.every_stage, subject.lines
    return {
        "rows": [
            {
                "move": move,
                "start": stages.get(move.from_stage_id or 0),
                "end": stages.get(move.to_stage_id),
                "line": lines.get(move.line_id) if len(lines) > 1 else None,
                "ended": move.from_stage_id == move.to_stage_id,
            }
            for move in leads.moves(subject.id)
        ]
    }
