"""A collector on the test database, called in-process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracking.client import Client
from trellis.accounts.models import Key, KeyKind
from trellis.core.ids import token_hash
from trellis.web.public.collector import Collector

TOKEN = "wk_pastry"


@pytest.fixture
def committed(transactional_db: None) -> int:
    """A write key that other connections see; returns its id."""
    key = Key.objects.create(
        kind=KeyKind.WRITE,
        name="Site",
        token=TOKEN,
        prefix="wk_p",
        token_hash=token_hash(TOKEN),
    )
    return key.pk


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
