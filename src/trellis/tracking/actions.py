"""Changing how the tracker behaves for a write key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.models import Key, KeyKind
from trellis.accounts.types import Actor
from trellis.core.errors import NotFound
from trellis.tracking import options
from trellis.tracking.options import Options


def configure(
    actor: Actor, key_id: int, given: Mapping[str, Any], *, version: int | None = None
) -> Key:
    """Set the options of a live write key; needs ``keys.manage``.

    ``version`` is the one the change was made to (``accounts.versions``). Raises
    ``InvalidInput`` for options that cannot be, and ``NotFound``.
    """
    require(actor, "keys.manage")
    wanted = options.stored(options.read(given))
    with transaction.atomic():
        key = (
            Key.objects.select_for_update()
            .filter(pk=key_id, kind=KeyKind.WRITE, revoked_at__isnull=True)
            .first()
        )
        if key is None:
            raise NotFound("There is no such write key, or it was revoked.", key_id=key_id)
        stands, asked = _all(options.load(key.tracking)), _all(options.load(wanted))
        versions.check(key.version, version, stands, asked, of=("key", key_id))
        before = key.tracking
        if wanted != before:
            key.tracking, key.version = wanted, key.version + 1
            key.save(update_fields=["tracking", "version"])
            audit.record(
                actor,
                "key.track",
                "key",
                key.pk,
                f"tracking of {key.name}",
                {"before": before, "after": wanted},
            )
    return key


def _all(known: Options) -> dict[str, Any]:
    """Every option by its name, those at their defaults too."""
    return {
        name: list(value) if isinstance(value := getattr(known, name), tuple) else value
        for name in Options.__struct_fields__
    }
