"""Cursor paging: an opaque position in a fixed order, so that pages never shift."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from ninja import Schema
from pydantic import Field

from trellis.core.errors import InvalidInput

MAX = 200
T = TypeVar("T")
K = TypeVar("K")


class PageQuery(Schema):
    """How much and from where: ``cursor`` is ``next_cursor`` of the page before."""

    limit: int = Field(50, ge=1, le=MAX, description="Items on a page.")
    cursor: str = Field("", max_length=400, description="next_cursor of the page before.")


def encode(*position: object) -> str:
    """The cursor of a position (numbers, text, datetimes)."""
    body = msgspec.msgpack.encode(position)
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def decode(cursor: str, kind: type[K]) -> K | None:
    """The position of ``cursor``, None for the first page; ``InvalidInput`` where it was
    not made here."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.msgpack.decode(raw, type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise InvalidInput("This cursor is not valid; begin again without one.") from None


def page(
    rows: Sequence[T], limit: int, position: Callable[[T], tuple[object, ...]]
) -> tuple[Sequence[T], str | None]:
    """Cut ``limit + 1`` fetched rows to a page; the second value is the next cursor."""
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    return shown, encode(*position(shown[-1]))


Stamp = tuple[datetime, int]
"""The position of a list ordered by time, newest first."""

Json = dict[str, Any]
