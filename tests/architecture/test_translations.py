"""The interface speaks five languages, completely."""

from __future__ import annotations

import pytest
from tools import messages


@pytest.fixture(scope="module")
def problems() -> list[str]:
    """What is missing in any language; all files are read once."""
    return messages.problems()


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_every_string_is_translated_and_compiled(locale: str, problems: list[str]) -> None:
    assert [line for line in problems if line.startswith(locale)] == []
