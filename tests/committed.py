"""For tests whose rows other connections must see: they commit, and clean up by name.

Django would empty every table after such a test, the rows of the migrations included.
A package that imports ``keeps_rows`` into its conftest deletes only what it wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from django.db import connection
from django.test import TransactionTestCase


@pytest.fixture(scope="package", autouse=True)
def keeps_rows() -> Iterator[None]:
    """Tests marked ``django_db(transaction=True)`` leave their rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: None)
        yield


def delete(tables: Sequence[str]) -> None:
    """Empty ``tables`` in this order."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
