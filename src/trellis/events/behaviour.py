"""Rules as people write them: behaviour named inline becomes a signal."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import InvalidInput
from trellis.events import signals
from trellis.events.models import Signal
from trellis.rules import registry
from trellis.rules.lowering import lower
from trellis.rules.parse import written
from trellis.rules.private import properties
from trellis.rules.types import EventRef, Rule, to_json


class NotCounted(InvalidInput):
    """The behaviour is not counted yet; it will be once the rule is saved."""

    code = "not_counted"


def read_rule(actor: Actor, data: Any, *, level: int | None = None) -> Rule:
    """Parse a rule for saving; signals it needs are found or made, and then filled from
    the log. Raises ``RuleError``."""
    known = registry.snapshot()
    rule = written(data, known, level=level)

    def ensure(event: EventRef) -> str:
        condition = None if event.filter is None else to_json(event.filter)
        made = signals.ensure(
            event.type,
            event.name,
            condition,
            event.value_prop,
            actor=actor,
            each_value=event.each,
        )
        return str(made.key)

    return lower(rule, ensure, known)


def read_draft(data: Any, *, level: int | None = None) -> Rule:
    """Parse a rule for a preview, which makes nothing. Raises ``RuleError``, and
    ``NotCounted`` where it names behaviour that no signal counts."""
    known = registry.snapshot()
    return lower(written(data, known, level=level), _find, known)


def _find(event: EventRef) -> str:
    condition = {} if event.filter is None else to_json(event.filter)
    rows = Signal.objects.filter(
        event_type=event.type,
        event_name=event.name,
        value_prop=event.value_prop,
        each_value=event.each,
    ).exclude(status="broken")
    for row in rows:
        if row.filter == condition:
            return str(row.key)
    raise NotCounted(
        _("“%(name)s” is not counted like this yet; it will be once the rule is saved.")
        % {"name": event.name}
    )


def ensure_signal(
    actor: Actor,
    *,
    event_type: str,
    event_name: str,
    filter: dict[str, Any],  # the model's own word
    value_prop: str = "",
    name: str = "",
    bucket: str = "engagement",
) -> Signal:
    """Find or make the signal of a behaviour that a person or program describes. Raises
    ``RuleError`` for a filter that cannot be read."""
    require(actor, "signals.write")
    known = properties(event_type)
    rule = written(filter, known) if filter else None
    condition = None if rule is None else to_json(rule)
    return signals.ensure(
        event_type, event_name, condition, value_prop, actor=actor, name=name, bucket=bucket
    )
