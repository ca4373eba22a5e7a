"""What can be done with predictions of a line: learn, stop, set, switch off."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import clock, db
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.locks import changing_definitions
from trellis.rules import usage
from trellis.scoring.models import Predictor
from trellis.scoring.predict import applying, learn, outcomes, words
from trellis.scoring.predict.fields import field_key
from trellis.scoring.predict.types import AHEAD, IDLE, TRAINING, Refusal


def line_name(line_id: int) -> str:
    """The name of a live line; raises ``NotFound``."""
    rows = db.fetch(
        "SELECT name FROM line WHERE id = %(line)s AND archived_at IS NULL", {"line": line_id}
    )
    if not rows:
        raise NotFound(_("There is no such business line."), line_id=line_id)
    return str(rows[0][0])


def train(
    actor: Actor, line_id: int, ahead: int | None = None, version: int | None = None
) -> Predictor:
    """Learn anew from the outcomes of a line, in the background; switches it on. ``ahead``
    is how many days before its outcome each lead is looked at. Raises ``InvalidInput`` where
    it cannot be, with the reason, and ``ChangedMeanwhile`` where somebody changed it since
    ``version``."""
    require(actor, "scoring.write")
    name = line_name(line_id)
    try:
        if learn.missing():
            raise Refusal("extra")
        outcomes.check(*outcomes.tally(line_id))
    except Refusal as refusal:
        raise InvalidInput(words.why(refusal.plain), **refusal.plain) from None
    with changing_definitions():
        row = Predictor.objects.filter(line_id=line_id).first() or Predictor(line_id=line_id)
        wanted = row.ahead if ahead is None else ahead
        if wanted not in AHEAD:
            days = ", ".join(map(str, AHEAD))
            raise InvalidInput(
                _("The days before the outcome are one of %(days)s.") % {"days": days}
            )
        versions.check(
            row.version,
            version,
            {"ahead": row.ahead},
            {"ahead": wanted},
            of=("predictor", line_id),
            by=row.changed_by,
            at=row.changed_at,
        )
        change = {"ahead": [row.ahead, wanted]} if row.ahead != wanted else {}
        row.ahead, row.active, row.stopped = wanted, True, False
        row.state, row.progress, row.why = TRAINING, 0, {}
        row.asked_at = clock.now()
        _sign(row, actor)
        audit.record(actor, "predictor.train", "predictor", line_id, name, change)
        outcomes.ask_training(line_id)
    return row


def stop(actor: Actor, line_id: int) -> None:
    """End a training under way; what was learnt before stays in use."""
    require(actor, "scoring.write")
    name = line_name(line_id)
    if Predictor.objects.filter(line_id=line_id, state=TRAINING).update(stopped=True):
        audit.record(actor, "predictor.stop", "predictor", line_id, name)


def switch_off(actor: Actor, line_id: int) -> None:
    """Take the chances of a line away and learn no more; what was learnt is retired. Raises
    ``Conflict`` where a rule reads them."""
    require(actor, "scoring.write")
    name = line_name(line_id)
    if users := usage.of_field(field_key(line_id)):
        names = ", ".join(sorted({use.name for use in users}))
        raise Conflict(_("It is read by %(names)s.") % {"names": names}, used_by=names)
    with changing_definitions():
        row = Predictor.objects.filter(line_id=line_id, active=True).first()
        if row is None:
            return
        row.active, row.stopped, row.state, row.why = False, True, IDLE, {}
        _sign(row, actor)
        model = applying.in_use(line_id)
        if model is not None:
            applying.retire(model, {"code": "off"}, clock.now())
        audit.record(actor, "predictor.switch", "predictor", line_id, name, {"on": False})
        outcomes.ask_chances(line_id)


def _sign(row: Predictor, actor: Actor) -> None:
    row.version += 0 if row._state.adding else 1
    row.changed_by, row.changed_at = actor.name, clock.now()
    row.save()
