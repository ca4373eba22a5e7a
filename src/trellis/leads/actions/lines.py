"""Business lines: add, change, reorder, archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import Conflict, InvalidInput
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_rule
from trellis.leads.actions import shared
from trellis.leads.fields import outcome_key, stage_key
from trellis.leads.models import Line, Question, Reason, Stage
from trellis.rules import usage
from trellis.rules.registry import STAGE
from trellis.rules.types import to_json

MOST = 20
"""Lines there may be: each costs a little in every batch."""
_QUESTION = {"key", "text", "kind", "options", "wanted", "rank"}


@dataclass(frozen=True, kw_only=True)
class LineDraft:
    """A line as a person sets it. ``entry``: the rule that makes leads (None: they come by
    hand, API or journey)."""

    name: str
    entry: Mapping[str, Any] | None = None


def add_line(actor: Actor, key: str, draft: LineDraft) -> Line:
    """Add a line that begins with the stages, reasons and questions of the default one; its
    stages have no rules yet. Raises ``Conflict`` where the key is taken."""
    require(actor, "stages.write")
    entry = _entry(actor, draft)
    with changing_definitions():
        if Line.objects.filter(key=key).exists():
            raise Conflict(_("There is a line %(key)s already.") % {"key": key}, line=key)
        if Line.objects.filter(archived_at__isnull=True).count() >= MOST:
            raise InvalidInput(_("There are at most %(n)d lines.") % {"n": MOST})
        default = shared.line_row()
        line = Line.objects.create(
            key=shared.checked_key(key),
            name=shared.checked_name(draft.name),
            entry=entry,
            rank=(Line.objects.count() + 1) * 10,
        )
        _copy(default, line)
        audit.record(actor, "line.add", "line", line.pk, line.name)
        if entry is not None:
            enqueue("pipeline.recompute", once="recompute")
    return line


def _copy(default: Line, line: Line) -> None:
    kept = default.stages.filter(archived_at__isnull=True).order_by("rank")
    Stage.objects.bulk_create(
        [
            Stage(line=line, key=row.key, name=row.name, rank=row.rank, kind=row.kind, team=row.team)
            for row in kept
            if row.key != "user"
        ]
    )  # fmt: skip
    Reason.objects.bulk_create(
        [
            Reason(line=line, kind=row.kind, name=row.name, rank=row.rank)
            for row in default.reasons.filter(archived_at__isnull=True)
        ]
    )
    Question.objects.bulk_create(
        [
            Question(
                line=line,
                attribute=f"q_{line.key}_{row.key}".replace("-", "_")[:64],
                **{name: getattr(row, name) for name in sorted(_QUESTION)},
            )
            for row in default.questions.filter(archived_at__isnull=True)
        ]
    )


def change_line(
    actor: Actor, key: str, draft: LineDraft, *, version: int | None = None
) -> Line:
    """Save name and entry rule of a line. The default line has no entry rule: everybody who
    is known is a lead there. Raises ``RuleError``, and ``Conflict`` where somebody saved it
    since ``version``."""
    require(actor, "stages.write")
    values: dict[str, Any] = {
        "name": shared.checked_name(draft.name),
        "entry": _entry(actor, draft),
    }
    with changing_definitions():
        line = shared.line_row(key)
        if line.default and values["entry"] is not None:
            raise InvalidInput(_("In the default line everybody who is known is a lead."))
        shared.fresh("line", line, version, values)
        change = {
            name: [getattr(line, name), value]
            for name, value in values.items()
            if getattr(line, name) != value
        }
        if change:
            for name, value in values.items():
                setattr(line, name, value)
            line.entry_broken = ""
            line.version += 1
            line.save()
            audit.record(actor, "line.change", "line", line.pk, line.name, change)
        if "entry" in change:
            enqueue("pipeline.recompute", once="recompute")
    return line


def reorder_lines(actor: Actor, keys: Sequence[str]) -> None:
    """Put the lines into this order; the default one always comes first."""
    require(actor, "stages.write")
    with changing_definitions():
        live = {row.key: row for row in Line.objects.filter(archived_at__isnull=True)}
        if sorted(keys) != sorted(live):
            raise InvalidInput(_("The order must name every line once."))
        for place, key in enumerate(keys, start=1):
            Line.objects.filter(pk=live[key].pk).update(rank=place * 10)
        audit.record(actor, "line.reorder", "line", "", ", ".join(keys))


def archive_line(actor: Actor, key: str, now: datetime, version: int | None = None) -> None:
    """Take a line out of use. Its leads and their history stay, but nothing moves them.
    Raises ``Conflict`` for the default line, and while a rule reads it."""
    require(actor, "stages.write")
    with changing_definitions():
        line = shared.line_row(key)
        shared.fresh("line", line, version, None)
        if line.default:
            raise Conflict(_("The default line stays."))
        prefixes = (stage_key(line), outcome_key(line), f"qualification.{line.key}.")
        users = usage.of_fields(lambda name: name.startswith(prefixes))
        if users:
            raise Conflict(
                _("The line is used by %(user)s.")
                % {"user": f"{users[0].kind} {users[0].name}"},
                used_by=[f"{use.kind} {use.name}" for use in users],
            )
        line.archived_at = now
        line.save(update_fields=["archived_at"])
        audit.record(actor, "line.archive", "line", line.pk, line.name)


def _entry(actor: Actor, draft: LineDraft) -> dict[str, Any] | None:
    if draft.entry is None:
        return None
    return to_json(read_rule(actor, draft.entry, level=STAGE))
