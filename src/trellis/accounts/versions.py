"""Two people with the same thing open: the second learns who was quicker, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext as _

from trellis.accounts.models import Audit
from trellis.core.errors import Conflict


class Versioned(Protocol):
    """A row whose ``version`` grows with each change."""

    version: int


def check(row: Versioned, seen: int, object_type: str, object_id: object) -> None:
    """Raise ``Conflict`` where ``row`` is not at the version that was seen (0: any will do).

    The error's data names who changed it (``by``, ``at``), the present ``version``, and what
    they changed (``differs``: field → [before, now]).
    """
    if not seen or row.version == seen:
        return
    last = (
        Audit.objects.filter(object_type=object_type, object_id=str(object_id))
        .order_by("-at", "-id")
        .first()
    )
    who = last.actor.partition(" ")[2] or last.actor if last else "?"
    differs: Mapping[str, Any] = last.change if last else {}
    raise Conflict(
        _(
            "%(who)s changed this meanwhile. Nothing you typed is lost: look at it and save again."
        )
        % {"who": who},
        by=last.actor if last else "",
        at=last.at.isoformat() if last else "",
        version=row.version,
        differs=dict(differs),
    )
