"""Changing how the tracker behaves for a write key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.models import Key, KeyKind
from trellis.accounts.types import Actor
from trellis.core.errors import Conflict, NotFound
from trellis.tracking import options
from trellis.tracking.options import Options


def configure(
    actor: Actor, key_id: int, given: Mapping[str, Any], *, version: int | None = None
) -> Key:
    """Set the options of a live write key; needs ``keys.manage``.

    ``version`` is the one the change was made from. Raises ``InvalidInput`` for options that
    cannot be, ``NotFound``, and ``Conflict`` (with ``version`` and
    ``differs``: option → what is wanted, what stands) where somebody else changed them.
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
        if version is not None and version != key.version:
            raise Conflict(
                _(
                    "%(name)s changed these settings meanwhile. Save again to put yours over them."
                )
                % {"name": audit.last_by("key.track", "key", key_id) or _("Somebody")},
                version=key.version,
                differs=_differs(options.load(wanted), options.load(key.tracking)),
            )
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


def _differs(wanted: Options, standing: Options) -> dict[str, tuple[Any, Any]]:
    """The options that somebody else set otherwise."""
    pairs = {
        name: (getattr(wanted, name), getattr(standing, name))
        for name in Options.__struct_fields__
    }
    return {name: (_plain(a), _plain(b)) for name, (a, b) in pairs.items() if a != b}


def _plain(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, tuple) else value
