"""The reasons for which leads end, or are not sent on (L12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import InvalidInput, NotFound
from trellis.core.jobs import enqueue
from trellis.core.locks import changing_definitions
from trellis.events.behaviour import read_rule
from trellis.leads.actions import shared
from trellis.leads.models import Reason
from trellis.leads.types import DISQUALIFIED
from trellis.rules.registry import STAGE
from trellis.rules.types import to_json

KINDS = ("lost", DISQUALIFIED, "refused")


@dataclass(frozen=True, kw_only=True)
class ReasonDraft:
    """A reason as a person sets it; only one that disqualifies has a rule."""

    kind: str
    name: str
    rule: Mapping[str, Any] | None = None


def save_reason(
    actor: Actor,
    draft: ReasonDraft,
    *,
    reason_id: int | None = None,
    line: str = "",
    version: int | None = None,
) -> Reason:
    """Add a reason to a line, or change one. With a rule, open leads for whom it holds are
    disqualified in the background, and from then on as soon as it holds. Raises
    ``RuleError``, and ``Conflict`` where somebody saved it since ``version``."""
    require(actor, "stages.write")
    if draft.kind not in KINDS:
        raise InvalidInput(
            _("The kind of a reason is one of %(all)s.") % {"all": ", ".join(KINDS)}
        )
    if draft.rule is not None and draft.kind != DISQUALIFIED:
        raise InvalidInput(_("Only a reason that disqualifies can have a rule."))
    rule = None if draft.rule is None else to_json(read_rule(actor, draft.rule, level=STAGE))
    values = {"kind": draft.kind, "name": shared.checked_name(draft.name), "rule": rule}
    with changing_definitions():
        if reason_id is None:
            of = shared.line_row(line)
            row = Reason(line=of, rank=(of.reasons.count() + 1) * 10, version=0)
        else:
            row = _live(reason_id)
            shared.fresh("reason", row, version, values)
        before = row.rule
        for name, value in values.items():
            setattr(row, name, value)
        row.rule_broken = ""
        row.version += 1
        row.save()
        audit.record(actor, "reason.save", "reason", row.pk, f"{row.kind}: {row.name}")
        if rule != before:
            enqueue("pipeline.recompute", once="recompute")
    return row


def archive_reason(
    actor: Actor, reason_id: int, now: datetime, version: int | None = None
) -> None:
    """Take a reason from the choices; leads that ended for it keep it."""
    require(actor, "stages.write")
    with changing_definitions():
        row = _live(reason_id)
        shared.fresh("reason", row, version, None)
        row.archived_at = now
        row.save(update_fields=["archived_at"])
        audit.record(actor, "reason.archive", "reason", row.pk, row.name)


def _live(reason_id: int) -> Reason:
    row = Reason.objects.filter(pk=reason_id, archived_at__isnull=True).first()
    if row is None:
        raise NotFound(_("There is no such reason."), reason_id=reason_id)
    return row
