"""How people are called, by the custom of their script."""

from __future__ import annotations

WIDE = "\u2e80"
"""Where the scripts begin in which a letter or two are a word: Chinese, Japanese, Korean."""


def full_name(first: str, last: str) -> str:
    """Both names as they stand together: Núria Roca, but 王小明, family name first."""
    if first and last and first[0] >= WIDE and last[0] >= WIDE:
        return f"{last}{first}"
    return f"{first} {last}".strip()
