"""Fixtures for all tests; the database comes from ``tests.postgres``."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.seeds import django_db_setup
from trellis.core.locks import forget_definitions

__all__ = ["django_db_setup", "fresh_definitions"]

# A slow machine is no failure; on CI the same examples are tried each time.
settings.register_profile("trellis", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("trellis")


@pytest.fixture(autouse=True)
def fresh_definitions() -> Iterator[None]:
    """A rolled-back test leaves no definitions in memory."""
    forget_definitions()
    yield
    forget_definitions()
