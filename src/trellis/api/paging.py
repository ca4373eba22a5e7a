"""Cursor paging over ``core.paging``: an opaque position, so that pages never shift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from ninja import Path, Schema
from pydantic import Field

from trellis.core.paging import Cursor, Page, paged

MAX = 200
T = TypeVar("T")
Json = dict[str, Any]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A number in the path."""


class PageQuery(Schema):
    """How much and from where."""

    limit: int = Field(50, ge=1, le=MAX, description="Items on a page.")
    cursor: str = Field("", max_length=400, description="next_cursor of the page before.")

    @property
    def after(self) -> Cursor | None:
        """The position to go on from; ``InvalidInput`` where it was not made here."""
        return Cursor.decode(self.cursor)


def answer(page: Page[Any]) -> Json:
    """A page as the API answers it; ``next_cursor`` is null on the last."""
    return {"items": list(page.rows), "next_cursor": page.next or None}


def cut(rows: Sequence[T], limit: int, key: Callable[[T], tuple[datetime, int]]) -> Json:
    """The answer of rows that were read with ``limit + 1``."""
    return answer(paged(rows, limit, key))
