"""Consents that a call carries, each with the wording that was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PURPOSES = frozenset({"marketing", "sales_contact", "tracking", "enrichment"})
MAX_WORDING = 4_000
_MAX_CONSENTS = 10


def read_consent(context: Mapping[str, Any], source: str) -> tuple[dict[str, Any], ...]:
    """``context.consent``: a list of ``{purpose, given, channel?, wording?}``.

    Entries without a known purpose or a clear yes or no are left out: consent is never
    guessed.
    """
    given = context.get("consent")
    if not isinstance(given, list):
        return ()
    found = (_one(item, source) for item in given[:_MAX_CONSENTS])
    return tuple(item for item in found if item is not None)


def _one(item: Any, source: str) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    purpose, given = item.get("purpose"), item.get("given")
    if purpose not in PURPOSES or not isinstance(given, bool):
        return None
    return {
        "purpose": purpose,
        "channel": str(item.get("channel") or "*")[:12],
        "given": given,
        "wording": str(item.get("wording") or "")[:MAX_WORDING],
        "source": source[:120],
    }
