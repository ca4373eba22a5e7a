"""Signed tokens for public links: no look-up is needed to trust them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import TypeVar

import msgspec
from django.conf import settings

from trellis.core.errors import InvalidInput

T = TypeVar("T")
_SIGNATURE = 12


@lru_cache(maxsize=64)
def _key(purpose: str, secret: str) -> bytes:
    """The key of a purpose, kept: a mail signs ten links, and deriving costs as much."""
    return hashlib.blake2b(
        purpose.encode(), key=hashlib.sha256(secret.encode()).digest()
    ).digest()


def sign(purpose: str, value: object) -> str:
    """A URL-safe token of ``value`` (anything msgspec encodes), bound to ``purpose``."""
    body = msgspec.msgpack.encode(value)
    mac = hmac.digest(_key(purpose, settings.SECRET_KEY), body, "sha256")[:_SIGNATURE]
    return base64.urlsafe_b64encode(mac + body).rstrip(b"=").decode()


def unsign(purpose: str, token: str, kind: type[T]) -> T:
    """The value of a token; raises ``InvalidInput`` where it was not signed here."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        mac, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        good = hmac.digest(_key(purpose, settings.SECRET_KEY), body, "sha256")[:_SIGNATURE]
        if not hmac.compare_digest(mac, good):
            raise InvalidInput("This link is not valid.")
        return msgspec.msgpack.decode(body, type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidInput("This link is not valid.") from error
