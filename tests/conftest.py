"""Fixtures for all tests; the database comes from ``tests.postgres``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.seeds import django_db_setup
from trellis.core.locks import forget_definitions

__all__ = ["django_db_setup", "fresh_definitions", "pytest_collection_modifyitems"]

ARCHITECTURE = Path(__file__).parent / "architecture"
COMMANDS = Path(__file__).parent / "cli"
"""Its tests start the whole product."""
SLOW = ("django_db", "browser", "crash", "slow")
"""Marks of tests that need the database, a browser or time."""
DATABASE = frozenset({"db", "transactional_db", "live_server", "django_db_setup"})
"""Fixtures that bring the database with them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as ``fast`` what ``make check`` runs: the architecture, and whatever needs no
    database. Nobody keeps a list: a test is fast as long as it asks for nothing slow."""
    for item in items:
        asked = DATABASE.intersection(getattr(item, "fixturenames", ()))
        slow = asked or any(item.get_closest_marker(name) for name in SLOW)
        if ARCHITECTURE in item.path.parents or not (slow or COMMANDS in item.path.parents):
            item.add_marker("fast")


# A slow machine is no failure; on CI the same examples are tried each time.
settings.register_profile("trellis", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("trellis")


@pytest.fixture(autouse=True)
def fresh_definitions() -> Iterator[None]:
    """A rolled-back test leaves no definitions in memory."""
    forget_definitions()
    yield
    forget_definitions()
