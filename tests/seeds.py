"""The rows of the migrations come back after each test that commits.

Django empties every table after a test marked ``django_db(transaction=True)``, also of what
migrations wrote (the instance, stages, sources, the default score model), but leaves the tables
that it does not manage: partitioned logs, and the queue of jobs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import TransactionTestCase

OURS = "trellis."
PARTITIONED = ("event", "decision")
"""Tables that Django does not manage, and so does not empty."""
QUEUE = ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers")
"""The tables of the job queue, unmanaged too: a job left there is another test's surprise."""


def _tables() -> list[str]:
    return sorted(
        model._meta.db_table for model in apps.get_models() if model.__module__.startswith(OURS)
    )


def _read(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
        return b"".join(bytes(part) for part in rows)


def _write(seeds: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table, data in seeds.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as rows:
                rows.write(data)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, whose migrated rows survive tests that commit."""
    with django_db_blocker.unblock():
        seeds = {table: _read(table) for table in _tables() if table not in PARTITIONED}
    seeds = {table: data for table, data in seeds.items() if data}
    emptied = TransactionTestCase._fixture_teardown

    def empty_and_seed(self: TransactionTestCase) -> None:
        emptied(self)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE " + ", ".join(PARTITIONED + QUEUE))
        _write(seeds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_and_seed)
        yield
