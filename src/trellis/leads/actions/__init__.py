"""What can be done with leads and with what they are made of: the only place where a stage
changes by hand, journey or import, where leads end, and where lines, stages, reasons and
questions themselves change."""

from __future__ import annotations

from trellis.leads.actions.ending import disqualify, lose, reopen, win
from trellis.leads.actions.lines import (
    LineDraft,
    add_line,
    archive_line,
    change_line,
    reorder_lines,
)
from trellis.leads.actions.moving import Moved, add_leads, move_stage
from trellis.leads.actions.proposals import accept, refuse
from trellis.leads.actions.qualification import (
    QuestionDraft,
    answer,
    archive_question,
    save_question,
)
from trellis.leads.actions.reasons import ReasonDraft, archive_reason, save_reason
from trellis.leads.actions.shared import default_line, line_spec
from trellis.leads.actions.stages import (
    KINDS,
    TEAMS,
    StageDraft,
    add_stage,
    archive_stage,
    change_stage,
    draft_of,
    rename_stage,
    reorder_stages,
    set_stage_rule,
)

__all__ = [
    "KINDS",
    "TEAMS",
    "LineDraft",
    "Moved",
    "QuestionDraft",
    "ReasonDraft",
    "StageDraft",
    "accept",
    "add_leads",
    "add_line",
    "add_stage",
    "answer",
    "archive_line",
    "archive_question",
    "archive_reason",
    "archive_stage",
    "change_line",
    "change_stage",
    "default_line",
    "disqualify",
    "draft_of",
    "line_spec",
    "lose",
    "move_stage",
    "refuse",
    "rename_stage",
    "reopen",
    "reorder_lines",
    "reorder_stages",
    "save_question",
    "save_reason",
    "set_stage_rule",
    "win",
]
