"""Arrays as literals: what goes in comes out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.core import db


def there_and_back(items: list[Any], kind: str) -> Any:
    return db.fetch(f"SELECT %s::{kind}[]", [items])[0][0]


@pytest.mark.django_db
@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))))
def test_texts(items: list[str]) -> None:
    assert there_and_back(items, "text") == items


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([], "text"),
        (["NULL", "", " ", "{", "a,b", 'q"\\'], "text"),
        (["a", None], "text"),
        ([1, -5, 2**62], "bigint"),
        ([1, None], "bigint"),
        ([None, None], "bigint"),
        ([True, False, None], "boolean"),
        ([1.5, 0.0], "float8"),
        ([date(2026, 3, 1), None], "date"),
        ([datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC), None], "timestamptz"),
    ],
)
def test_values(items: list[Any], kind: str) -> None:
    assert there_and_back(items, kind) == items


@pytest.mark.django_db
def test_numbers_that_are_none() -> None:
    infinite = there_and_back([float("inf"), float("nan")], "float8")
    assert infinite[0] == float("inf")
    assert infinite[1] != infinite[1]
