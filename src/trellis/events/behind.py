"""The events behind a count: what a signal counted of one contact (S7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trellis.core import db, sql
from trellis.core.errors import TrellisError
from trellis.events.models import EventName, Signal
from trellis.people import masking
from trellis.rules.compiler import compile_filter
from trellis.rules.parse import parse
from trellis.rules.registry import PROPS

LATEST = 10
"""Events shown per signal, the newest first."""

_SQL = sql.load(__package__, "behind")


@dataclass(frozen=True, kw_only=True)
class Behind:
    """One event that a signal counted; ``about`` is its page, title or item, where it has
    one."""

    event_id: int
    at: datetime
    name: str
    about: str


def behind(contact_id: int, signal_ids: Sequence[int]) -> dict[int, tuple[Behind, ...]]:
    """The newest events of a contact that each of the signals counts, in two statements and
    one for the names. A signal whose filter cannot be read has none."""
    signals = list(Signal.objects.filter(pk__in=list(signal_ids)))
    names = {
        (row.type, row.name): row.pk
        for row in EventName.objects.filter(name__in=[one.event_name for one in signals])
    }
    parts: list[str] = []
    params: dict[str, Any] = {"contact": contact_id, "most": LATEST}
    for signal in signals:
        number = names.get((signal.event_type, signal.event_name))
        if number is not None:
            _add(signal, number, parts, params)
    if not parts:
        return {}
    found: dict[int, list[Behind]] = {}
    labels = {signal.pk: signal.event_name for signal in signals}
    for signal_id, event_id, at, about in db.fetch(" UNION ALL ".join(parts), params):
        found.setdefault(signal_id, []).append(
            Behind(event_id=event_id, at=at, name=labels[signal_id], about=masking.text(about))
        )
    return {number: tuple(rows) for number, rows in found.items()}


def _add(signal: Signal, name_id: int, parts: list[str], params: dict[str, Any]) -> None:
    condition = "true"
    if signal.filter:
        try:
            compiled = compile_filter(parse(signal.filter, PROPS), "e.props", f"s{signal.pk}_")
        except TrellisError:
            return
        condition = compiled.text
        params.update(compiled.params)
    params[f"signal_{signal.pk}"] = signal.pk
    params[f"name_{signal.pk}"] = name_id
    text = _SQL["latest"].split("\n", 1)[1].replace("{condition}", condition)
    parts.append(f"({text.replace('{key}', str(signal.pk))})")
