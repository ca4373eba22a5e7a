"""Numbers that an address or a form gives: a row's number, or nothing where it is none."""

from __future__ import annotations

from collections.abc import Iterable

DIGITS = 18
"""As many as a number of a row surely holds."""


def number(text: str | None) -> int | None:
    """The row number in ``text``; None for anything that cannot be one."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def numbers(texts: Iterable[str]) -> list[int]:
    """The row numbers among ``texts``."""
    return [found for text in texts if (found := number(text)) is not None]
