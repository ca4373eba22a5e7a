"""From a user or key to an actor, and the one check of rights."""

from __future__ import annotations

from django.utils.translation import gettext as _

from trellis.accounts.models import Key, KeyKind, User
from trellis.accounts.registry import ROLE_RIGHTS
from trellis.accounts.types import RIGHTS, Actor, Right
from trellis.core.errors import Forbidden


def require(actor: Actor, right: Right) -> None:
    """Raise ``Forbidden`` unless ``actor`` has ``right``."""
    if right not in actor.rights:
        message = _("You may not do this: it needs the right %(right)s.") % {"right": right}
        raise Forbidden(message, right=right)


def actor_of(user: User) -> Actor:
    """The actor of a member of staff; a deactivated one has no rights."""
    rights = ROLE_RIGHTS[user.role] if user.is_active else frozenset[Right]()
    return Actor(kind="user", id=user.pk, name=str(user), rights=rights)


def actor_of_key(key: Key) -> Actor:
    """The actor of a program. A write key has no rights beyond collecting facts."""
    scopes = RIGHTS.intersection(key.scopes) if key.kind == KeyKind.API else frozenset[Right]()
    return Actor(kind="key", id=key.pk, name=key.name, rights=scopes)
