"""Signals: named behaviour, made once and filled from the log in the background."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import clock, db, sql
from trellis.core.days import day_of, zone
from trellis.core.errors import InvalidInput, NotFound
from trellis.core.locks import bump_epoch, hold_definitions
from trellis.core.slugs import slug
from trellis.events.counting import EACH, LARGEST
from trellis.events.models import EventName, Signal
from trellis.events.tasks import fill_signal
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS
from trellis.rules.types import to_json

PAUSE = 0.3
"""Seconds that one chunk of a back-fill may keep batches waiting, about."""
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=32)
END = datetime(9999, 1, 1, tzinfo=UTC)

_SQL = sql.load(__package__, "signals")


def ensure(
    event_type: str,
    event_name: str,
    filter: Mapping[str, Any] | None = None,
    value_prop: str = "",
    *,
    actor: Actor = SYSTEM,
    name: str = "",
    bucket: str = "engagement",
    each_value: bool = False,
) -> Signal:
    """The signal that counts exactly this, made where there is none. With ``each_value`` it
    keeps the times of every value of the property apart, for sequences about the same one.

    A new one counts from now on; what the log holds already is filled in by a job
    (``status`` building, ``progress``), or at once where it holds nothing. Raises
    ``RuleError`` for a filter that cannot be read.
    """
    rule = parse(dict(filter), PROPS) if filter else None
    wanted = to_json(rule) if rule is not None else {}
    if not event_name or len(event_name) > 200:
        raise InvalidInput(_("An event name has 1 to 200 characters."), event=event_name)
    with transaction.atomic():
        hold_definitions()
        known = Signal.objects.filter(
            event_type=event_type,
            event_name=event_name,
            value_prop=value_prop,
            each_value=each_value,
        ).exclude(status="broken")
        for signal in known.order_by("id"):
            if signal.filter == wanted:
                return signal
        require(actor, "signals.write")
        signal = Signal.objects.create(
            key=_free_key(name or event_name),
            name=(name or _name(event_name, value_prop if each_value else ""))[:120],
            event_type=event_type,
            event_name=event_name,
            filter=wanted,
            value_prop=value_prop,
            each_value=each_value,
            bucket=bucket,
            epoch=bump_epoch(),
        )
        audit.record(actor, "signal.create", "signal", signal.pk, signal.name)
        if _span(signal) is None:
            _finish(signal)
        else:
            number = signal.pk
            transaction.on_commit(lambda: fill_signal.defer(signal_id=number))
    return signal


def backfill(signal_id: int) -> None:
    """Fill a signal from the log, chunk by chunk; may be interrupted and run again.

    Each chunk keeps batches out for a moment, so that what it counts cannot move.
    """
    step = timedelta(days=1)
    while True:
        started = time.monotonic()
        if not _fill_chunk(signal_id, step):
            return
        took = time.monotonic() - started
        step = max(SHORTEST, min(LONGEST, step * 2 if took < PAUSE / 2 else step))
        if took > PAUSE:
            step = max(SHORTEST, step / 2)


def recount(contact_ids: Sequence[int]) -> None:
    """Count all signals of some contacts again from the log, as far as the log reaches
    back; after a merge was undone. The caller holds the contacts."""
    ids = sorted(contact_ids)
    oldest = db.fetch(_SQL["oldest"], [ids])[0][0]
    if oldest is None:
        return
    first_day = day_of(oldest)
    for block in ("wipe", "wipe_values"):
        db.run(_SQL[block], {"contact_ids": ids, "first_day": first_day})
    names = {(row.type, row.name): row.pk for row in EventName.objects.all()}
    for signal in Signal.objects.exclude(status="broken"):
        number = names.get((signal.event_type, signal.event_name))
        if number is None:
            continue
        reach = END if signal.status == "live" else (signal.filled_to or oldest)
        more = {"contact_ids": ids, "first_day": first_day, "filled_to": reach}
        for block in ("recount", "recount_values") if signal.each_value else ("recount",):
            text, params = _statement(block, signal, number)
            db.run(text, {**params, **more})


def _fill_chunk(signal_id: int, step: timedelta) -> bool:
    with transaction.atomic():
        hold_definitions()
        signal = Signal.objects.filter(pk=signal_id).first()
        if signal is None:
            raise NotFound(_("There is no such signal."), signal_id=signal_id)
        span = _span(signal)
        if signal.status != "building":
            return False
        if span is None or (signal.filled_to is not None and signal.filled_to > span[1]):
            _finish(signal)
            return False
        first, last = span
        begin = max(signal.filled_to, first) if signal.filled_to else first
        end = begin + step
        for block in ("fill", "fill_values") if signal.each_value else ("fill",):
            text, params = _statement(block, signal, _name_number(signal))
            db.run(text, {**params, "from_at": begin, "to_at": end})
        signal.filled_to = end
        share = (end - first) / max(last - first, timedelta(seconds=1))
        signal.progress = min(99, int(100 * share))
        signal.save(update_fields=["filled_to", "progress"])
    return True


def _finish(signal: Signal) -> None:
    signal.status, signal.progress = "live", 100
    signal.save(update_fields=["status", "progress"])
    bump_epoch()
    today: date = day_of(clock.now())
    db.run(_SQL["days"], {"signal_id": signal.pk})
    signal.contacts = db.fetch(_SQL["counted"], {"signal_id": signal.pk})[0][0]
    signal.save(update_fields=["contacts"])
    db.run(_SQL["affected"], {"signal_id": signal.pk, "today": today})


def _span(signal: Signal) -> tuple[datetime, datetime] | None:
    """From when to when the log holds the signal's event; None where it holds none."""
    number = _name_number(signal)
    first, last = db.fetch(_SQL["span"], [number])[0] if number else (None, None)
    return None if first is None else (first, last)


def _name_number(signal: Signal) -> int:
    rows = EventName.objects.filter(type=signal.event_type, name=signal.event_name)
    return rows.values_list("pk", flat=True).first() or 0


def _statement(block: str, signal: Signal, name_id: int) -> tuple[str, dict[str, Any]]:
    """A counting statement of one signal with its parameters."""
    params: dict[str, Any] = {
        "signal_id": signal.pk,
        "name_id": name_id,
        "epoch": signal.epoch,
        "zone": zone().key,
    }
    condition = "true"
    if signal.filter:
        compiled = compile_filter(parse(signal.filter, PROPS), "e.props", "f_")
        condition = compiled.text
        params.update(compiled.params)
    text, kept = _SQL[block].replace("{condition}", condition), value_sql(signal.value_prop)
    if signal.each_value:
        text = text.replace("{values}", _SQL["each"].partition("\n")[2])
        params |= {"most": EACH}
    params.update(kept.params)
    for name, expression in kept.places.items():
        text = text.replace(f"{{{name}}}", expression)
    return text, params


class Kept(NamedTuple):
    """SQL of a property of ``e``, the event: ``{value}`` as number, ``{said}`` after its time."""

    places: dict[str, str]
    params: dict[str, Any]


def value_sql(prop: str) -> Kept:
    """How the back-fill reads the property that a signal keeps; "" keeps none."""
    if not prop:
        return Kept({"value": "NULL::float8", "said": "NULL::text"}, {})
    bodies = {name: _SQL[name].partition("\n")[2] for name in ("value", "said")}
    places = {name: " ".join(body.split()) for name, body in bodies.items()}  # on one line
    return Kept(places, {"prop": prop, "largest": LARGEST})


def _name(event_name: str, apart: str) -> str:
    """What a signal is called that nobody gave a name."""
    return (
        _("%(event)s, by %(property)s") % {"event": event_name, "property": apart}
        if apart
        else event_name
    )


def _free_key(name: str) -> str:
    base = slug(name, 52) or "signal"
    taken = set(Signal.objects.filter(key__startswith=base).values_list("key", flat=True))
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}-{n}"
    return key
