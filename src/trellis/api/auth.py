"""Bearer keys: who calls, and with which scopes."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer
from typing_extensions import override

from trellis.accounts import keys
from trellis.accounts.access import actor_of_key, require
from trellis.accounts.models import KeyKind
from trellis.accounts.types import Actor, Right
from trellis.api.guard import check_address
from trellis.core import clock
from trellis.core.instance import refresh_clock
from trellis.people import masking


class ApiKey(HttpBearer):
    """``Authorization: Bearer ak_…``; a write key is refused."""

    @override
    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor of a live API key, or None."""
        check_address(request)
        refresh_clock()
        key = keys.find(token)
        if key is None or key.kind != KeyKind.API:
            return None
        keys.used(key, clock.wall())
        actor = actor_of_key(key)
        masking.look_as(actor)
        return actor


def caller(request: HttpRequest, right: Right | None = None) -> Actor:
    """Who calls; raises ``Forbidden`` where a scope is missing."""
    actor = cast(Actor, getattr(request, "auth"))  # noqa: B009  # set by ninja, not in the stubs
    if right is not None:
        require(actor, right)
    return actor
