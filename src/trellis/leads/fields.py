"""What rules can read of leads: stage and outcome by line, and answers to questions."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.leads.models import Line, Question, Reason, Stage
from trellis.leads.types import LineSpec
from trellis.rules.registry import FACT, PROVIDERS, STAGE, Choice, Field
from trellis.rules.types import BOOLEAN, CHOICE, LIST, NUMBER, TEXT
from trellis.rules.usage import USERS, Use

KINDS = {"choice": TEXT, "many": LIST, "yes_no": BOOLEAN, "number": NUMBER, "text": TEXT}
"""Kind of a question to the type of its field."""

OUTCOMES = (
    Choice("open", "open", "open"),
    Choice("won", "won", "won"),
    Choice("lost", "lost", "lost"),
    Choice("disqualified", "disqualified", "disqualified"),
)


def stage_key(line: Line | LineSpec) -> str:
    """The key of the field that reads the stage in a line."""
    return "stage" if line.default else f"stage.{line.key}"


def outcome_key(line: Line | LineSpec) -> str:
    """The key of the field that reads the outcome in a line."""
    return "lead.outcome" if line.default else f"lead.outcome.{line.key}"


def provide() -> Iterable[Field]:
    """Two fields for each line, whose choices are its stages and the outcomes; one for each
    question."""
    stages: dict[int, list[Choice]] = {}
    for row in Stage.objects.filter(archived_at__isnull=True).order_by("rank"):
        stages.setdefault(row.line_id, []).append(Choice(row.key, row.name, row.pk))
    lines = list(Line.objects.filter(archived_at__isnull=True))
    for line in lines:
        yield from _of_line(line, tuple(stages.get(line.pk, ())))
    named = {line.pk: line for line in lines}
    for question in Question.objects.filter(archived_at__isnull=True, line__in=list(named)):
        line = named[question.line_id]
        key = question.key if line.default else f"{line.key}.{question.key}"
        yield Field(
            f"qualification.{key}",
            question.text,
            KINDS[question.kind],
            "c.attributes",
            json_key=question.attribute,
            level=FACT,
            group=_("Qualification"),
        )


def _of_line(line: Line, choices: tuple[Choice, ...]) -> Iterable[Field]:
    of = f"FROM lead x WHERE x.contact_id = c.contact_id AND x.line_id = {int(line.pk)}"
    suffix = "" if line.default else f" ({line.name})"
    yield Field(
        stage_key(line),
        _("stage") if line.default else f"{_('stage')}{suffix}",
        CHOICE,
        "s.stage_id" if line.default else f"(SELECT x.stage_id {of})",
        choices=choices,
        level=STAGE,
        group=_("Stage"),
    )
    yield Field(
        outcome_key(line),
        _("outcome of the lead") if line.default else f"{_('outcome of the lead')}{suffix}",
        CHOICE,
        f"(SELECT coalesce(nullif(x.outcome, ''), 'open') {of})",
        choices=OUTCOMES,
        level=STAGE,
        group=_("Stage"),
    )


def uses() -> Iterable[Use]:
    """The rules of this domain."""
    for row in Stage.objects.filter(archived_at__isnull=True, rule__isnull=False):
        yield Use("stage", row.pk, row.name, row.rule)
    for gate in Stage.objects.filter(archived_at__isnull=True).exclude(requires=[]):
        demands = [{"field": key, "op": "not_empty"} for key in gate.requires]
        yield Use("gate of stage", gate.pk, gate.name, {"all": demands})
    for line in Line.objects.filter(archived_at__isnull=True, entry__isnull=False):
        yield Use("line", line.pk, line.name, line.entry)
    for reason in Reason.objects.filter(archived_at__isnull=True, rule__isnull=False):
        yield Use("reason", reason.pk, reason.name, reason.rule)


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("leads", provide)
    USERS.register("leads", uses)
