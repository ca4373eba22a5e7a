"""Keyset paging: a page knows the key of its last row, never an offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db import connection

from trellis.core.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The position after a row, ordered by time and id, newest first."""

    at: datetime
    id: int

    def encode(self) -> str:
        """The opaque text that stands in a URL."""
        raw = f"{self.at.isoformat()}|{self.id}".encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """The cursor in ``text``, None for ""; raises ``InvalidInput`` on anything else."""
        if not text:
            return None
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            at, _, number = raw.partition("|")
            found = datetime.fromisoformat(at)
            if found.tzinfo is None:
                raise InvalidInput("This page link is not valid.")
            return cls(at=found, id=int(number))
        except (ValueError, binascii.Error) as error:
            raise InvalidInput("This page link is not valid.") from error


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page ("" on the last)."""

    rows: Sequence[T]
    next: str = ""


def paged(rows: Sequence[T], limit: int, key: Callable[[T], tuple[datetime, int]]) -> Page[T]:
    """Make a page of ``rows``, which were read with ``limit + 1``."""
    if len(rows) <= limit:
        return Page(rows=rows)
    at, number = key(rows[limit - 1])
    return Page(rows=rows[:limit], next=Cursor(at=at, id=number).encode())


def estimate(table: str) -> int:
    """About how many rows a table (or all its partitions) has, from the planner's statistics."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c"
            " WHERE c.relkind = 'r' AND (c.oid = to_regclass(%s) OR c.oid IN"
            " (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s)))",
            [table, table],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
