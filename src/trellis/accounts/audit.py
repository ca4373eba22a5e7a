"""The trail of changes: who did what to which thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.accounts.models import Audit
from trellis.accounts.types import Actor


def record(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: object,
    summary: str,
    change: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the trail, in the caller's transaction.

    ``action`` is ``noun.verb`` (``segment.update``); ``change`` holds JSON values, usually
    ``{"field": [old, new]}``. Never put a secret into it.
    """
    Audit.objects.create(
        actor=actor.label,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        summary=summary[:300],
        change=dict(change or {}),
    )
