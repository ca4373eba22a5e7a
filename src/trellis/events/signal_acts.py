"""What people do with signals that are there: describe them, and stop counting them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db, sql
from trellis.core.errors import Conflict, InvalidInput, NotFound
from trellis.core.locks import changing_definitions
from trellis.events.models import EventName, Signal, SignalDay
from trellis.people import masking
from trellis.rules import usage
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse, written
from trellis.rules.private import properties
from trellis.rules.registry import PROPS

BUCKETS = ("demographic", "interest", "engagement")

_SQL = sql.load(__package__, "signals")


def get(signal_id: int) -> Signal:
    """A signal. Raises ``NotFound``."""
    found = Signal.objects.filter(pk=signal_id).first()
    if found is None:
        raise NotFound(_("There is no such signal."), signal_id=signal_id)
    return found


def update(
    actor: Actor,
    signal_id: int,
    *,
    name: str | None = None,
    bucket: str | None = None,
    description: str | None = None,
    version: int | None = None,
) -> Signal:
    """Rename or describe a signal; what it counts never changes. ``version`` is the one the
    change was made to (``accounts.versions``)."""
    require(actor, "signals.write")
    with changing_definitions():
        signal = get(signal_id)
        wanted = {"name": name, "bucket": bucket, "description": description}
        change = {
            field: [before, after.strip()]
            for field, after in wanted.items()
            if after is not None and after.strip() != (before := getattr(signal, field))
        }
        _check(change)
        stands = {field: before for field, (before, _after) in change.items()}
        asked = {field: after for field, (_before, after) in change.items()}
        versions.check(signal.version, version, stands, asked, of=("signal", signal_id))
        if change:
            for field, (_before, after) in change.items():
                setattr(signal, field, after)
            signal.version += 1
            signal.changed_by = actor.label
            signal.save(update_fields=[*change, "version", "changed_by"])
            audit.record(actor, "signal.update", "signal", signal.pk, signal.name, change)
    return signal


def _check(change: Mapping[str, list[Any]]) -> None:
    if "name" in change and not 0 < len(change["name"][1]) <= 120:
        raise InvalidInput(_("A name has 1 to 120 characters."))
    if "bucket" in change and change["bucket"][1] not in BUCKETS:
        raise InvalidInput(_("There is no such bucket."), bucket=change["bucket"][1])


def archive(actor: Actor, signal_id: int, version: int | None = None) -> None:
    """Stop counting a behaviour and forget its counts. Made again, it counts the past anew
    from the log. Raises ``Conflict``, which names them, while something reads it."""
    require(actor, "signals.write")
    with changing_definitions():
        signal = get(signal_id)
        versions.check(signal.version, version, {}, None, of=("signal", signal_id))
        if users := usage.of_signal(signal.key):
            raise Conflict(
                _("The signal is used by %(user)s.")
                % {"user": f"{users[0].kind} {users[0].name}"},
                used_by=[f"{use.kind} {use.name}" for use in users],
            )
        for block in ("drop", "drop_values"):
            db.run(_SQL[block], {"signal_id": signal_id})
        SignalDay.objects.filter(signal_id=signal_id).delete()
        audit.record(actor, "signal.archive", "signal", signal.pk, signal.name)
        signal.delete()


MATCHED = 10_000
"""Events that a preview looks at, at most."""


def matching(
    event_type: str, event_name: str, filter: Mapping[str, Any] | None, since: Any
) -> tuple[int, bool]:
    """How many of the newest ``MATCHED`` events of a name since a time pass a filter, and
    whether these are all there are. Raises ``RuleError``."""
    number = EventName.objects.filter(type=event_type, name=event_name).first()
    if number is None:
        return 0, True
    condition, params = "true", {}
    if filter:
        known = properties(event_type)
        compiled = compile_filter(written(dict(filter), known), "e.props", "f_")
        condition, params = compiled.text, dict(compiled.params)
    text = _SQL["matches"].replace("{condition}", condition)
    with transaction.atomic():
        hits, looked = db.fetch(
            text, {**params, "name_id": number.pk, "since": since, "most": MATCHED}
        )[0]
    return int(hits), int(looked) < MATCHED


def newest(signal: Signal, most: int) -> list[tuple[int, Any, Mapping[str, Any]]]:
    """The newest events that a signal counts: contact, time, properties. Looks at the newest
    ``MATCHED`` events of its name only."""
    number = EventName.objects.filter(type=signal.event_type, name=signal.event_name).first()
    if number is None:
        return []
    condition, params = "true", {}
    if signal.filter:
        compiled = compile_filter(parse(signal.filter, PROPS), "e.props", "f_")
        condition, params = compiled.text, dict(compiled.params)
    text = _SQL["newest"].replace("{condition}", condition)
    rows = db.fetch(text, {**params, "name_id": number.pk, "most": most, "looked": MATCHED})
    return [
        (int(contact_id), at, masking.props(signal.event_type, _decoded(said)))
        for contact_id, at, said in rows
    ]


def _decoded(props: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(props) if isinstance(props, str) else props
    return found
