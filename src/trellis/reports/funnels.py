"""Saving, changing and archiving funnels: the only place where they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core.errors import InvalidInput, NotFound
from trellis.events.models import Signal
from trellis.leads.models import Stage
from trellis.reports.models import Funnel
from trellis.rules.usage import Use

FEWEST, MOST = 2, 8
"""Steps of a funnel."""

Step = Mapping[str, str]


def check(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The steps, checked. Raises ``InvalidInput`` unless there are two to eight, each naming
    one signal or stage that exists."""
    if not FEWEST <= len(steps) <= MOST:
        raise InvalidInput(_("A funnel has two to eight steps."))
    signals = set(Signal.objects.values_list("key", flat=True))
    stages = set(Stage.objects.values_list("key", flat=True))
    found = []
    for step in steps:
        key = str(step.get("signal") or step.get("stage") or "")
        if set(step) == {"signal"} and key in signals:
            found.append({"signal": key})
        elif set(step) == {"stage"} and key in stages:
            found.append({"stage": key})
        else:
            raise InvalidInput(_("There is no signal or stage %(key)s.") % {"key": key})
    return found


def create(actor: Actor, name: str, steps: Sequence[Mapping[str, Any]]) -> Funnel:
    """Keep a funnel under a name. Raises ``InvalidInput``."""
    require(actor, "segments.write")
    checked = check(steps)
    with transaction.atomic():
        row = Funnel.objects.create(name=_name(name), steps=checked, changed_by=actor.label)
        audit.record(actor, "funnel.create", "funnel", row.pk, row.name)
    return row


def update(
    actor: Actor,
    funnel_id: int,
    *,
    name: str,
    steps: Sequence[Mapping[str, Any]],
    version: int | None = None,
) -> Funnel:
    """Change a funnel. ``version`` is the one the change was made to
    (``accounts.versions``)."""
    require(actor, "segments.write")
    checked = check(steps)
    with transaction.atomic():
        row = Funnel.objects.select_for_update().filter(pk=funnel_id, archived_at=None).first()
        if row is None:
            raise NotFound(_("There is no such funnel."))
        stands = {"name": row.name, "steps": row.steps}
        wanted = {"name": _name(name), "steps": checked}
        versions.check(row.version, version, stands, wanted, of=("funnel", row.pk))
        change = {
            field: [stands[field], after]
            for field, after in wanted.items()
            if after != stands[field]
        }
        if change:
            for field, (_before, after) in change.items():
                setattr(row, field, after)
            row.version += 1
            row.changed_by = actor.label
            row.save()
            audit.record(actor, "funnel.update", "funnel", row.pk, row.name, change)
    return row


def archive(actor: Actor, funnel_id: int, now: datetime, version: int | None = None) -> None:
    """Take a funnel out of use. Raises ``NotFound``."""
    require(actor, "segments.write")
    with transaction.atomic():
        row = get(funnel_id)
        versions.check(row.version, version, {}, None, of=("funnel", row.pk))
        Funnel.objects.filter(pk=funnel_id).update(archived_at=now)
        audit.record(actor, "funnel.archive", "funnel", row.pk, row.name)


def get(funnel_id: int) -> Funnel:
    """A funnel in use. Raises ``NotFound``."""
    found = Funnel.objects.filter(pk=funnel_id, archived_at=None).first()
    if found is None:
        raise NotFound(_("There is no such funnel."), funnel_id=funnel_id)
    return found


def saved() -> list[Funnel]:
    """The funnels in use, by name."""
    return list(Funnel.objects.filter(archived_at=None).order_by("name"))


def uses() -> Iterable[Use]:
    """What saved funnels read, as rules that read it."""
    for row in saved():
        leaves = [
            {"field": f"signal.{step['signal']}", "op": "did"}
            if "signal" in step
            else {"field": "stage", "op": "in", "value": [step["stage"]]}
            for step in row.steps
        ]
        yield Use("funnel", row.pk, row.name, leaves)


def _name(name: str) -> str:
    found = name.strip()
    if not 0 < len(found) <= 120:
        raise InvalidInput(_("A name has 1 to 120 characters."), name=name)
    return found
