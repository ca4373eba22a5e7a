"""The reference pages say what the code does: nothing is missing, nothing is stale."""

from __future__ import annotations

import pytest
from tools import reference


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    stands = (reference.FOLDER / name).read_text("utf-8")
    assert stands == reference.PAGES[name](), "run: python -m tools.reference"


def test_every_page_of_the_reference_is_generated() -> None:
    assert {path.name for path in reference.FOLDER.glob("*.md")} == set(reference.PAGES)
