"""The interface speaks five languages, completely."""

from __future__ import annotations

import pytest
from tools import messages


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_every_string_is_translated_and_compiled(locale: str) -> None:
    faults = [line for line in messages.problems() if line.startswith(locale)]
    assert faults == []
