"""A collector on the test database, called in-process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.committed import delete, keeps_rows
from tests.tracking.client import Client
from trellis.accounts.models import Key, KeyKind
from trellis.core.ids import token_hash
from trellis.web.public.collector import Collector

__all__ = ["keeps_rows"]

TOKEN = "wk_pastry"


TABLES = ("inbox", "rejected", "core_counter", "accounts_key", "accounts_audit")


@pytest.fixture
def committed(transactional_db: None) -> Iterator[int]:
    """A write key that other connections see; what a test leaves is deleted."""
    key = Key.objects.create(
        kind=KeyKind.WRITE,
        name="Site",
        token=TOKEN,
        prefix="wk_p",
        token_hash=token_hash(TOKEN),
    )
    yield key.pk
    delete(TABLES)


@pytest.fixture
def client(committed: int, tmp_path: Path) -> Iterator[Client]:
    """The collector as a client sees it."""
    with asyncio.Runner() as runner:
        app = Collector(tmp_path / "spool")
        runner.run(app.open())
        try:
            yield Client(app, runner, TOKEN)
        finally:
            runner.run(app.close())
