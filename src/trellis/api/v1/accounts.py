"""Keys, users and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trellis.accounts import actions, keys
from trellis.accounts.models import Audit, Key, User
from trellis.api import etag, paging
from trellis.api.auth import caller
from trellis.api.paging import Id, Json, PageQuery
from trellis.core.errors import NotFound
from trellis.people import about, masking
from trellis.rules import evaluate, private

keys_router = Router(tags=["keys"])
users_router = Router(tags=["users"])
audit_router = Router(tags=["audit"])


class KeyOut(Schema):
    """A key. ``token`` is there for write keys, and once, at creation, for API keys."""

    id: int
    kind: str
    name: str
    prefix: str
    token: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    version: int


class KeyIn(Schema):
    """A key to make. ``kind`` is ``write`` or ``api``; scopes are for API keys."""

    kind: str
    name: str = Field(max_length=120)
    scopes: list[str] = Field(default_factory=list, max_length=100)


class UserOut(Schema):
    """A member of staff."""

    id: int
    email: str
    name: str
    role: str
    language: str
    time_zone: str
    is_active: bool
    created_at: datetime
    version: int

    @staticmethod
    def resolve_version(user: User) -> int:
        """Another one after each change of role or access."""
        return actions.version_of(user)


class UserIn(Schema):
    """A member of staff to add."""

    email: str = Field(max_length=254)
    name: str = Field("", max_length=150)
    role: str = "marketer"
    password: str = Field(max_length=200)


class UserChange(Schema):
    """What may change of a user; what is left out stays."""

    role: str | None = None
    is_active: bool | None = None


class AuditOut(Schema):
    """One change that somebody made."""

    id: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    summary: str
    change: Json

    @staticmethod
    def resolve_summary(row: Audit) -> str:
        """Without what the caller may not see."""
        return about.trail(row.object_type, row.object_id, row.summary)

    @staticmethod
    def resolve_change(row: Audit) -> Json:
        """Without what the caller may not see."""
        found: Json = private.shown(masking.value("", row.change), evaluate.fields())
        return found


class AuditPage(Schema):
    """A page of the trail, newest first."""

    items: list[AuditOut]
    next_cursor: str | None


@keys_router.get("", response=list[KeyOut], summary="List keys")
def list_keys(request: HttpRequest) -> list[Key]:
    """Write keys and API keys, revoked ones too. Scope: keys.manage."""
    caller(request, "keys.manage")
    return list(Key.objects.order_by("id"))


@keys_router.post("", response={201: KeyOut}, summary="Make a key")
def create_key(request: HttpRequest, body: KeyIn) -> Status[Key]:
    """The token of an API key is shown in this answer only. Scope: keys.manage."""
    key, token = keys.create(caller(request), body.kind, body.name, body.scopes)
    key.token = token
    return Status(201, key)


@keys_router.get("/{key_id}", response=KeyOut, summary="Read a key")
def read_key(request: HttpRequest, key_id: Id) -> Key:
    """Scope: keys.manage."""
    caller(request, "keys.manage")
    found = Key.objects.filter(pk=key_id).first()
    if found is None:
        raise NotFound("There is no such key.", key_id=key_id)
    return found


@keys_router.delete(
    "/{key_id}", response=KeyOut, summary="Revoke a key", openapi_extra=etag.CHANGES
)
def revoke_key(request: HttpRequest, key_id: Id) -> Key:
    """At once and for good. Scope: keys.manage."""
    return keys.revoke(caller(request), key_id, etag.seen(request))


@users_router.get("", response=list[UserOut], summary="List users")
def list_users(request: HttpRequest) -> list[User]:
    """All members of staff. Scope: users.manage."""
    caller(request, "users.manage")
    return list(User.objects.order_by("id"))


@users_router.post("", response={201: UserOut}, summary="Add a user")
def add_user(request: HttpRequest, body: UserIn) -> Status[User]:
    """Scope: users.manage."""
    user = actions.add_user(
        caller(request), body.email, name=body.name, role=body.role, password=body.password
    )
    return Status(201, user)


@users_router.get("/{user_id}", response=UserOut, summary="Read a user")
def read_user(request: HttpRequest, user_id: Id) -> User:
    """Scope: users.manage."""
    caller(request, "users.manage")
    return _user(user_id)


@users_router.patch(
    "/{user_id}", response=UserOut, summary="Change a user", openapi_extra=etag.CHANGES
)
def change_user(request: HttpRequest, user_id: Id, body: UserChange) -> User:
    """Give a role, end access or give it again. Scope: users.manage."""
    actor = caller(request, "users.manage")
    version = etag.seen(request)
    with transaction.atomic():
        if body.role is not None:
            actions.set_role(actor, user_id, body.role, version)
            version = None
        if body.is_active is not None:
            change = actions.reactivate if body.is_active else actions.deactivate
            change(actor, user_id, version)
    return _user(user_id)


def _user(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such user.", user_id=user_id)
    return user


@audit_router.get("", response=AuditPage, summary="Read the audit trail")
def list_audit(request: HttpRequest, query: Annotated[PageQuery, Query()]) -> Json:
    """Newest first. Scope: audit.read."""
    caller(request, "audit.read")
    rows = Audit.objects.order_by("-at", "-id")
    if (after := query.after) is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id))
    found = list(rows[: query.limit + 1])
    return paging.cut(found, query.limit, lambda row: (row.at, row.pk))
