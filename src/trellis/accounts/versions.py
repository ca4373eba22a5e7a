"""Two people with the same thing open: the second learns who was quicker, and what differs.

The one place where it is decided. Every action that changes or takes away something that
people edit takes the version its caller saw and calls ``check`` once the row is locked. Pages
show what it raises with ``web.staff.conflict``, the API with status 412 (``api.etag``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.accounts.models import Audit
from trellis.core.errors import Conflict


class ChangedMeanwhile(Conflict):
    """Somebody else changed this meanwhile.

    The data names who did (``by``, ``at``), the present ``version``, and what ``differs``:
    field → what they saved (``theirs``) and what was to be saved (``yours``); where the thing
    was to be taken away, what stood there before (``before``) instead of ``yours``.
    """

    code = "changed_meanwhile"


def check(
    version: int,
    seen: int | None,
    stands: Mapping[str, Any],
    wanted: Mapping[str, Any] | None,
    *,
    of: tuple[str, object],
    by: str = "",
    at: datetime | None = None,
) -> None:
    """Raise ``ChangedMeanwhile`` where a thing is not at the version that was ``seen`` (None:
    any will do), unless it ``stands`` as it is ``wanted`` already.

    ``wanted`` None takes the thing away. ``of`` is its kind and number in the audit trail,
    which says who was quicker; ``by`` and ``at`` say it for what the trail does not hold.
    """
    if seen is None or version == seen:
        return
    differs = {} if wanted is None else differences(stands, wanted)
    if wanted is not None and not differs:
        return
    last = None if by else _last(*of)
    if last is not None:
        by, at = last.actor, last.at
    if wanted is None and last is not None:
        differs = _changed(last.change)
    raise ChangedMeanwhile(
        _sentence(gone=wanted is None) % {"who": called(by) or _("Somebody")},
        by=called(by),
        at=at.isoformat() if at else "",
        version=version,
        differs=differs,
    )


def differences(
    stands: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What is wanted otherwise than it stands, as ``ChangedMeanwhile`` tells it."""
    return {
        name: {"theirs": stands.get(name), "yours": value}
        for name, value in wanted.items()
        if stands.get(name) != value
    }


def fingerprint(values: Mapping[str, Any]) -> int:
    """A version for what has no counter: a number (of 48 bits, which JavaScript holds) that
    differs where the values do."""
    text = json.dumps(values, sort_keys=True, default=str)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def called(label: str) -> str:
    """The name in an actor's label: ``Ann`` of ``user:3 Ann``; a bare name stays."""
    kind, _space, name = label.partition(" ")
    return name if ":" in kind and name else label


def _last(kind: str, number: object) -> Audit | None:
    rows = Audit.objects.filter(object_type=kind, object_id=str(number))
    return rows.order_by("-at", "-id").first()


def _changed(change: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"before": pair[0], "theirs": pair[1]}
        for name, pair in change.items()
        if isinstance(pair, list) and len(pair) == 2
    }


def _sentence(*, gone: bool) -> str:
    if gone:
        return _("%(who)s changed this meanwhile. Look at it again before you take it away.")
    return _(
        "%(who)s changed this meanwhile. Nothing you typed is lost: look at it and save again."
    )
