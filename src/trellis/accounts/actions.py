"""What can be done with users: the only place where they change."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from trellis.accounts import audit, versions
from trellis.accounts.access import actor_of, actor_of_key, require
from trellis.accounts.models import Role, User
from trellis.accounts.types import SYSTEM, Actor
from trellis.core import ids
from trellis.core.errors import Conflict, InvalidInput, NotFound

__all__ = [
    "actor_of",
    "actor_of_key",
    "add_user",
    "deactivate",
    "first_admin",
    "reactivate",
    "require",
    "set_password",
    "set_role",
]

_FIRST_ADMIN_LOCK = 7_302


def add_user(actor: Actor, email: str, *, name: str, role: str, password: str) -> User:
    """Add a member of staff. Raises ``InvalidInput`` for a bad address, role or password
    and ``Conflict`` where the address is taken."""
    require(actor, "users.manage")
    address = _address(email)
    _check_role(role)
    _check_password(password)
    with transaction.atomic():
        if User.objects.filter(email=address).exists():
            raise Conflict(f"There is a user {address} already.", email=address)
        user = User.objects.create_user(address, password, name=name.strip()[:150], role=role)
        audit.record(actor, "user.add", "user", user.pk, f"{address} as {role}")
    return user


def first_admin(email: str, password: str = "") -> tuple[User, str] | None:
    """Make the administrator of a new instance and return it with its password (made up
    where none is given). None where there is a user already; safe to call at each start."""
    address = _address(email)
    if password:
        _check_password(password)
    with transaction.atomic():
        _lock_users()
        if User.objects.exists():
            return None
        secret = password or ids.new_token(12)
        user = User.objects.create_superuser(address, secret)
        audit.record(SYSTEM, "user.add", "user", user.pk, f"{address} as first administrator")
    return user, secret


def version_of(user: User) -> int:
    """What changes of a user compare: another where the role or the access is."""
    return versions.fingerprint(_state(user))


def _state(user: User) -> dict[str, object]:
    return {"role": user.role, "is_active": user.is_active}


def set_role(actor: Actor, user_id: int, role: str, version: int | None = None) -> User:
    """Give a user another role. The last active administrator keeps theirs. ``version`` is
    the one the change was made to (``version_of``, ``accounts.versions``)."""
    require(actor, "users.manage")
    _check_role(role)
    with transaction.atomic():
        user = _locked(user_id)
        _check_version(user, version, {"role": role})
        if role != Role.ADMIN:
            _keep_an_admin(user)
        before, user.role = user.role, role
        user.is_superuser = role == Role.ADMIN
        user.save(update_fields=["role", "is_superuser"])
        audit.record(
            actor, "user.set_role", "user", user.pk, str(user), {"role": [before, role]}
        )
    return user


def deactivate(actor: Actor, user_id: int, version: int | None = None) -> User:
    """End a user's access at once; their history stays. Not for the last administrator."""
    require(actor, "users.manage")
    with transaction.atomic():
        user = _locked(user_id)
        _check_version(user, version, {"is_active": False})
        _keep_an_admin(user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        audit.record(actor, "user.deactivate", "user", user.pk, str(user))
    return user


def reactivate(actor: Actor, user_id: int, version: int | None = None) -> User:
    """Give a deactivated user access again."""
    require(actor, "users.manage")
    with transaction.atomic():
        user = _locked(user_id)
        _check_version(user, version, {"is_active": True})
        user.is_active = True
        user.save(update_fields=["is_active"])
        audit.record(actor, "user.reactivate", "user", user.pk, str(user))
    return user


def set_password(actor: Actor, user_id: int, password: str) -> None:
    """Set a user's password: one's own, or anybody's with the right ``users.manage``."""
    if not (actor.kind == "user" and actor.id == user_id):
        require(actor, "users.manage")
    _check_password(password)
    with transaction.atomic():
        user = _locked(user_id)
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(actor, "user.set_password", "user", user.pk, str(user))


def _check_version(user: User, version: int | None, wanted: Mapping[str, object]) -> None:
    versions.check(version_of(user), version, _state(user), wanted, of=("user", user.pk))


def _lock_users() -> None:
    """Let one transaction at a time decide who is an administrator."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FIRST_ADMIN_LOCK])


def _locked(user_id: int) -> User:
    _lock_users()
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such user.", user_id=user_id)
    return user


def _keep_an_admin(user: User) -> None:
    if user.role != Role.ADMIN or not user.is_active:
        return
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise Conflict("This is the last administrator; make another one first.")


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput(f"{email!r} is not an email address.", email=email) from None
    return address


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise InvalidInput(f"There is no role {role!r}.", role=role, roles=Role.values)


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from None
