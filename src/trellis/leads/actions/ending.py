"""How leads end: won with a value, lost or disqualified for a reason, and opened again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.events import inbox, names
from trellis.leads import moves
from trellis.leads.actions import shared
from trellis.leads.actions.moving import GONE, SQL, THERE, Held, How, Moved, hold, move_stage
from trellis.leads.models import Reason, StageMove
from trellis.leads.types import DISQUALIFIED, LOST, WON, LineSpec

NO_LEAD = "no lead in this line"
WAS_WON = "won already"


def win(
    actor: Actor,
    contact_id: int,
    value: Decimal | None,
    currency: str,
    now: datetime,
    *,
    line: str = "",
    version: int | None = None,
) -> None:
    """Win a lead: it moves to the first won stage unless it stands in one, and its value is
    kept with its currency (ISO 4217). Raises ``Conflict`` where ``version`` is not the
    lead's any more, and ``InvalidInput`` for a value without a currency."""
    require(actor, "leads.write")
    code = _currency_of(value, currency)
    with transaction.atomic():
        spec = shared.line_spec(line)
        held, _gone = hold(spec, [contact_id])
        _fresh(held, version, WON)
        outcome = held[0].outcome if held else ""
        if outcome != WON:
            _to_won(actor, spec, contact_id, ended=bool(outcome), now=now)
        params = {
            "contact": contact_id,
            "line": spec.id,
            "value": value,
            "currency": code,
            "now": now,
        }
        if not db.run(SQL["worth"], params):
            raise InvalidInput(_("Only a known contact can be won."))
        stage_id = hold(spec, [contact_id])[0][0].stage_id
        said = {
            "line_id": spec.id,
            "line": spec.key,
            "stage": spec.path(stage_id) if stage_id is not None else "",
            "value": None if value is None else float(value),
            "currency": code,
        }
        inbox.put([inbox.system_fact(contact_id, names.LEAD_WON, said, at=now.timestamp())])
        summary = f"{value or ''} {code}".strip()
        audit.record(actor, "lead.win", "contact", contact_id, summary)


def _currency_of(value: Decimal | None, currency: str) -> str:
    """The currency of a value that can be kept; "" where there is no value."""
    if value is None:
        return ""
    if not 0 <= value < 10**12:
        raise InvalidInput(_("A value is between 0 and a million millions."))
    code = currency.strip().upper()
    if len(code) != 3 or not code.isalpha() or not code.isascii():
        raise InvalidInput(_("A value needs a currency of three letters, such as EUR."))
    return code


def _to_won(
    actor: Actor, spec: LineSpec, contact_id: int, *, ended: bool, now: datetime
) -> None:
    """Move a lead to the first won stage; one that had ended moves whatever is missing."""
    won = next((stage for stage in spec.stages if stage.kind == WON), None)
    if won is None:
        raise InvalidInput(_("This line has no stage for won leads."))
    reason = _("won") if ended else ""
    move_stage(actor, [contact_id], spec.path(won.id), "hand", reason, now, anyway=ended)


def lose(
    actor: Actor,
    contact_ids: Sequence[int],
    reason_id: int,
    now: datetime,
    *,
    note: str = "",
    line: str = "",
    version: int | None = None,
) -> Moved:
    """End open leads as lost, for a reason of the line's list; they stay in their stage,
    which shows where they were lost. Won leads are passed over."""
    return _end(actor, contact_ids, LOST, reason_id, note, now, line, version)


def disqualify(
    actor: Actor,
    contact_ids: Sequence[int],
    reason_id: int,
    now: datetime,
    *,
    note: str = "",
    line: str = "",
    version: int | None = None,
) -> Moved:
    """End open leads that fit no profile, for a reason of the line's list (L12)."""
    return _end(actor, contact_ids, DISQUALIFIED, reason_id, note, now, line, version)


def reopen(
    actor: Actor,
    contact_ids: Sequence[int],
    reason: str,
    now: datetime,
    *,
    line: str = "",
    version: int | None = None,
) -> Moved:
    """Open lost and disqualified leads again, with a reason. No rule disqualifies them any
    more: a person decided."""
    require(actor, "leads.write")
    if not reason.strip():
        raise InvalidInput(_("Opening a lead again needs a reason."))
    return _write(actor, contact_ids, "", None, reason.strip()[:300], now, line, version)


def _end(
    actor: Actor,
    contact_ids: Sequence[int],
    outcome: str,
    reason_id: int,
    note: str,
    now: datetime,
    line: str,
    version: int | None,
) -> Moved:
    require(actor, "leads.write")
    row = Reason.objects.filter(
        pk=reason_id, kind=outcome, line=shared.line_row(line), archived_at__isnull=True
    ).first()
    if row is None:
        raise InvalidInput(_("Choose a reason of the list."), reason_id=reason_id)
    said = f"{row.name}: {note.strip()}"[:300] if note.strip() else row.name
    return _write(actor, contact_ids, outcome, row.pk, said, now, line, version)


def _write(
    actor: Actor,
    contact_ids: Sequence[int],
    outcome: str,
    reason_id: int | None,
    reason: str,
    now: datetime,
    line: str,
    version: int | None,
) -> Moved:
    with transaction.atomic():
        spec = shared.line_spec(line)
        held, gone = hold(spec, contact_ids)
        _fresh(held, version, outcome)
        ends, skipped = _sort_out(held, outcome, reason_id, reason)
        skipped[GONE] += gone
        moves.end(spec, ends, actor=actor.label, how="hand", now=now)
        _tell(spec, ends, outcome, "hand", now)
        if ends:
            numbers = [item.contact_id for item in ends[:100]]
            action = {LOST: "lead.lose", DISQUALIFIED: "lead.disqualify"}.get(
                outcome, "lead.reopen"
            )
            audit.record(
                actor, action, "line", spec.id, f"{len(ends)}: {reason}", {"contacts": numbers}
            )
    return Moved(
        contact_ids=tuple(item.contact_id for item in ends),
        skipped={why: n for why, n in skipped.items() if n},
    )


def _sort_out(
    held: Sequence[Held], outcome: str, reason_id: int | None, reason: str
) -> tuple[list[moves.End], Counter[str]]:
    ends: list[moves.End] = []
    skipped: Counter[str] = Counter()
    for row in held:
        if row.stage_id is None:
            skipped[NO_LEAD] += 1
        elif row.outcome == WON:
            skipped[WAS_WON] += 1
        elif row.outcome == outcome:
            skipped[THERE] += 1
        else:
            ends.append(
                moves.End(
                    contact_id=row.contact_id,
                    stage=row.stage_id,
                    outcome=outcome,
                    reason_id=reason_id,
                    reason=reason,
                )
            )
    return ends, skipped


def _tell(
    line: LineSpec, ends: Sequence[moves.End], outcome: str, how: How, now: datetime
) -> None:
    inbox.put(
        [
            inbox.system_fact(
                item.contact_id,
                moves.ENDED[outcome],
                moves.told_end(line, item, how),
                at=now.timestamp(),
            )
            for item in ends
        ]
    )


def _fresh(held: Sequence[Held], version: int | None, outcome: str) -> None:
    """Refuse to end a lead that a person or a rule changed meanwhile."""
    if version is None or not held:
        return
    row = held[0]
    last = StageMove.objects.filter(contact_id=row.contact_id).order_by("-at").first()
    versions.check(
        row.version,
        version,
        {"outcome": row.outcome},
        {"outcome": outcome},
        of=("lead", row.contact_id),
        by=last.actor if last else "",
        at=last.at if last else None,
    )
