"""Fixtures for all tests; the database comes from ``tests.postgres``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trellis.core.locks import forget_definitions


@pytest.fixture(autouse=True)
def fresh_definitions() -> Iterator[None]:
    """A rolled-back test leaves no definitions in memory."""
    forget_definitions()
    yield
    forget_definitions()
