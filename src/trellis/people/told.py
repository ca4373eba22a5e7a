"""Telling upper domains that a contact changed by hand, so that it is derived again.

The people domain knows no log; the events domain registers how it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trellis.core.registry import Registry

Teller = Callable[[Sequence[int], str, dict[str, Any]], None]
"""Takes (contacts, name of the event, its properties), in the caller's transaction."""

tellers: Registry[Teller] = Registry("teller")

CHANGED = "Contact Changed"
MERGED = "Contact Merged"
UNDONE = "Merge Undone"
COMPANY_CHANGED = "Company Changed"


def tell(contact_id: int, name: str, props: dict[str, Any]) -> None:
    """State that a person or program changed a contact."""
    tell_all([contact_id], name, props)


def tell_all(contact_ids: Sequence[int], name: str, props: dict[str, Any]) -> None:
    """State the same of many contacts at once."""
    for teller in tellers.values():
        teller(contact_ids, name, props)
