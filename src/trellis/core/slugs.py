"""Keys out of names in any script: 北京客户 gives bei-jing-ke-hu."""

from __future__ import annotations

from anyascii import anyascii
from django.utils.text import slugify

_WIDE = "\u2e80"
"""Where the scripts begin whose letters are syllables or words of their own."""


def slug(name: str, limit: int = 60) -> str:
    """A name in small Latin letters, digits and hyphens, at most ``limit`` of them; ""
    where nothing of it can be written so."""
    spelt = "".join(f" {anyascii(letter)} " if letter >= _WIDE else letter for letter in name)
    return slugify(anyascii(spelt))[:limit].strip("-_")
