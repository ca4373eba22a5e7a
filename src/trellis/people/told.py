"""Telling upper domains that a contact changed by hand, so that it is derived again.

The people domain knows no log; the events domain registers how it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trellis.core.registry import Registry

Teller = Callable[[int, str, dict[str, Any]], None]
"""Takes (contact_id, name of the event, its properties), in the caller's transaction."""

tellers: Registry[Teller] = Registry("teller")

CHANGED = "Contact Changed"
MERGED = "Contact Merged"
UNDONE = "Merge Undone"


def tell(contact_id: int, name: str, props: dict[str, Any]) -> None:
    """State that a person or program changed a contact."""
    for teller in tellers.values():
        teller(contact_id, name, props)
