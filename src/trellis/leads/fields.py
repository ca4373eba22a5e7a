"""What rules can read of leads: stage and outcome by line, and answers to questions."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.accounts.models import User
from trellis.leads.models import Line, Question, Reason, Stage
from trellis.leads.types import LineSpec
from trellis.rules.registry import FACT, PROVIDERS, STAGE, Choice, Field, Join, said_since
from trellis.rules.types import BOOLEAN, CHOICE, DATE, LIST, NUMBER, TEXT
from trellis.rules.usage import USERS, Use

KINDS = {"choice": TEXT, "many": LIST, "yes_no": BOOLEAN, "number": NUMBER, "text": TEXT}
"""Kind of a question to the type of its field."""

_SEEN = "(s.first_seen AT TIME ZONE {zone})::date"

OUTCOMES = (
    Choice("open", "open", "open"),
    Choice("won", "won", "won"),
    Choice("lost", "lost", "lost"),
    Choice("disqualified", "disqualified", "disqualified"),
)


def since_key(line: Line | LineSpec) -> str:
    """The key of the field that reads since when the lead is in its stage."""
    return "stage.since" if line.default else f"stage.since.{line.key}"


def stage_key(line: Line | LineSpec) -> str:
    """The key of the field that reads the stage in a line."""
    return "stage" if line.default else f"stage.{line.key}"


def outcome_key(line: Line | LineSpec) -> str:
    """The key of the field that reads the outcome in a line."""
    return "lead.outcome" if line.default else f"lead.outcome.{line.key}"


def provide() -> Iterable[Field]:
    """Of each line: stage, since when, outcome, owner and value of the lead; one field for
    each question."""
    stages: dict[int, list[Choice]] = {}
    for row in Stage.objects.filter(archived_at__isnull=True).order_by("rank"):
        stages.setdefault(row.line_id, []).append(Choice(row.key, row.name, row.pk))
    owners = tuple(
        Choice(user.email, str(user), user.pk)
        for user in User.objects.filter(is_active=True).order_by("email")
    )
    lines = list(Line.objects.filter(archived_at__isnull=True))
    for line in lines:
        yield from _of_line(line, tuple(stages.get(line.pk, ())), owners)
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
            since=said_since(),
            level=FACT,
            group=_("Qualification"),
        )


def _of_line(
    line: Line, stages: tuple[Choice, ...], owners: tuple[Choice, ...]
) -> Iterable[Field]:
    alias = f"ld{line.pk}"
    join = Join(
        alias,
        f"LEFT JOIN lead {alias} ON {alias}.contact_id = c.contact_id"
        f" AND {alias}.line_id = {int(line.pk)} AND {{scope}}",
        f"{alias}.contact_id",
    )
    moved = f"({alias}.stage_since AT TIME ZONE {{zone}})::date"
    since = f"coalesce({moved}, {_SEEN})" if line.default else moved
    stage = "s.stage_id" if line.default else f"{alias}.stage_id"
    outcome = f"CASE WHEN {alias}.contact_id IS NOT NULL THEN coalesce(nullif({alias}.outcome, ''), 'open') END"
    mark = "" if line.default else f".{line.key}"
    for key, words, kind, column, choices in (
        (stage_key(line), _("stage"), CHOICE, stage, stages),
        (since_key(line), _("stage since"), DATE, since, None),
        (outcome_key(line), _("outcome of the lead"), CHOICE, outcome, OUTCOMES),
        (
            f"lead.owner{mark}",
            _("owner of the lead"),
            CHOICE,
            f"{alias}.owner_id::int",
            owners,
        ),
        (f"lead.value{mark}", _("value of the lead"), NUMBER, f"{alias}.value", None),
    ):
        facts = key.startswith(("lead.owner", "lead.value"))
        yield Field(
            key,
            words if line.default else f"{words} ({line.name})",
            kind,
            column,
            choices=choices,
            level=FACT if facts else STAGE,
            group=_("Stage"),
            join=join,
            since=since if key == stage_key(line) else "",
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
