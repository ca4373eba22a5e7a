"""The tracking settings of write keys."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from trellis.accounts.models import Key, KeyKind
from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id
from trellis.core.errors import NotFound
from trellis.tracking import actions, options

router = Router(tags=["keys"])


class TrackingOut(Schema):
    """How the tracker of a write key behaves. ``version`` goes up with each change.

    ``consent``: ``opt_out`` tracks until the visitor refuses, ``opt_in`` after a yes;
    ``before`` the answer of opt_in: ``nothing``, or ``cookieless`` events without any id.
    ``off``: what is not told by itself; ``clicks``: CSS selector and name of elements whose
    clicks are told; ``read``: seconds until a page counts as read; ``domain`` of the cookie;
    ``sites``: hosts at which a click in a message ties the device to the contact; ``bots``:
    ``refuse`` or ``mark``.
    """

    version: int
    consent: str
    before: str
    off: list[str]
    clicks: list[tuple[str, str]]
    read: int
    domain: str
    sites: list[str]
    bots: str


class TrackingIn(Schema):
    """Changes; what is left out stays."""

    consent: Literal["opt_out", "opt_in"] | None = None
    before: Literal["nothing", "cookieless"] | None = None
    off: list[str] | None = Field(None, max_length=20)
    clicks: list[tuple[str, str]] | None = Field(None, max_length=options.MAX_CLICKS)
    read: int | None = Field(None, ge=0, le=options.MAX_READ)
    domain: str | None = Field(None, max_length=253)
    sites: list[str] | None = Field(None, max_length=options.MAX_SITES)
    bots: Literal["refuse", "mark"] | None = None


@router.get("/{key_id}/tracking", response=TrackingOut, summary="Tracking settings of a key")
def get_tracking(request: HttpRequest, key_id: Id) -> dict[str, Any]:
    """Those of a live write key. Scope: keys.manage."""
    caller(request, "keys.manage")
    return _out(_key(key_id))


@router.patch(
    "/{key_id}/tracking",
    response=TrackingOut,
    summary="Change tracking settings",
    openapi_extra=etag.CHANGES,
)
def change_tracking(request: HttpRequest, key_id: Id, body: TrackingIn) -> dict[str, Any]:
    """Visitors get a change within five minutes. Scope: keys.manage."""
    actor = caller(request, "keys.manage")
    key = _key(key_id)
    changes = body.dict(exclude_none=True)
    # What the change leaves out must still stand when it is written.
    seen = etag.seen(request)
    version = key.version if seen is None else seen
    wanted = {**options.stored(options.load(key.tracking)), **changes}
    return _out(actions.configure(actor, key_id, wanted, version=version))


def _key(key_id: int) -> Key:
    key = Key.objects.filter(pk=key_id, kind=KeyKind.WRITE, revoked_at=None).first()
    if key is None:
        raise NotFound("There is no such write key, or it was revoked.", key_id=key_id)
    return key


def _out(key: Key) -> dict[str, Any]:
    known = options.load(key.tracking)
    values = {name: getattr(known, name) for name in options.Options.__struct_fields__}
    return {"version": key.version, **values}
