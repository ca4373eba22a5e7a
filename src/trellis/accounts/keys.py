"""Credentials of programs: made once, found by hash, revoked for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models, transaction

from trellis.accounts import audit, versions
from trellis.accounts.access import require
from trellis.accounts.models import Key, KeyKind
from trellis.accounts.types import RIGHTS, Actor
from trellis.core import clock, ids
from trellis.core.errors import Forbidden, InvalidInput, NotFound

_PREFIX = {KeyKind.WRITE: "wk_", KeyKind.API: "ak_"}
_TOUCH_EVERY = timedelta(minutes=1)


def create(actor: Actor, kind: str, name: str, scopes: Sequence[str] = ()) -> tuple[Key, str]:
    """Make a key and return it with its token, which is shown this once (API keys).

    ``scopes`` are rights and only for API keys; nobody gives a key a right they lack.
    Raises ``InvalidInput`` for an unknown kind or scope and ``Forbidden`` otherwise.
    """
    require(actor, "keys.manage")
    if kind not in KeyKind.values:
        raise InvalidInput(f"There is no kind of key {kind!r}.", kind=kind)
    if not name.strip():
        raise InvalidInput("A key needs a name.")
    if unknown := sorted(set(scopes) - RIGHTS):
        raise InvalidInput(f"Unknown scopes: {', '.join(unknown)}.", scopes=unknown)
    if scopes and kind == KeyKind.WRITE:
        raise InvalidInput("A write key collects facts only and has no scopes.")
    if lacking := sorted(set(scopes) - actor.rights):
        raise Forbidden(f"You cannot give rights you lack: {', '.join(lacking)}.")
    token = _PREFIX[KeyKind(kind)] + ids.new_token()
    with transaction.atomic():
        key = Key.objects.create(
            kind=kind,
            name=name.strip()[:120],
            token=token if kind == KeyKind.WRITE else "",
            prefix=token[:8],
            token_hash=ids.token_hash(token),
            scopes=sorted(set(scopes)),
            created_by_id=actor.id if actor.kind == "user" else None,
        )
        audit.record(
            actor, "key.create", "key", key.pk, f"{kind} key {key.name}", {"scopes": key.scopes}
        )
    return key, token


def find(token: str) -> Key | None:
    """The live key of ``token``, or None where there is none or it was revoked."""
    if not token or len(token) > 80:
        return None
    return Key.objects.filter(token_hash=ids.token_hash(token), revoked_at__isnull=True).first()


def used(key: Key, at: datetime) -> None:
    """Note that ``key`` was used, at most once a minute, so that reading stays cheap."""
    if key.last_used_at is None or at - key.last_used_at >= _TOUCH_EVERY:
        stale = models.Q(last_used_at__isnull=True) | models.Q(last_used_at__lt=at)
        Key.objects.filter(stale, pk=key.pk).update(last_used_at=at)


def revoke(actor: Actor, key_id: int, version: int | None = None) -> Key:
    """End a key at once and for good; revoking twice changes nothing. ``version`` as
    ``accounts.versions`` says."""
    require(actor, "keys.manage")
    with transaction.atomic():
        key = Key.objects.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NotFound("There is no such key.", key_id=key_id)
        versions.check(key.version, version, {}, None, of=("key", key_id))
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at"])
            audit.record(actor, "key.revoke", "key", key.pk, f"{key.kind} key {key.name}")
    return key
