"""What upper domains add here: who uses a template."""

from __future__ import annotations

from collections.abc import Callable

from trellis.core.registry import Registry

template_users: Registry[Callable[[str], list[str]]] = Registry("template user")
"""Noun → function from a template's key to the names of the things that use it now."""


def used_by(template_key: str) -> list[str]:
    """Everything that uses a template, as "journey Master class"."""
    return [
        f"{noun} {name}"
        for noun in sorted(template_users)
        for name in template_users[noun](template_key)
    ]
