"""Identifiers: message keys, public tokens and their hashes."""

from __future__ import annotations

import hashlib
import os
import secrets
import time

SLOTS = 64
"""Number of timer slots (database.md rule 10). Never changes on existing data."""


def event_id_of(message_id: str) -> int:
    """A stable, positive 63-bit key of a message id: equal messages get equal event ids."""
    digest = hashlib.blake2b(
        message_id.encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()
    return int.from_bytes(digest, "big") >> 1


OWN = "trl-"
"""How message ids begin that Trellis makes up for facts it states once."""


def new_message_id(prefix: str = "trl") -> str:
    """A unique id for a fact that Trellis itself states, ordered by time."""
    return f"{prefix}-{time.time_ns() // 1_000_000:012x}-{os.urandom(8).hex()}"


def new_token(size: int = 24) -> str:
    """A URL-safe random secret of ``size`` bytes."""
    return secrets.token_urlsafe(size)


def token_hash(token: str) -> str:
    """What is stored of a secret token: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def slot_of(contact_id: int) -> int:
    """The timer slot of a contact."""
    return contact_id % SLOTS
