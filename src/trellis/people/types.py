"""What is claimed about people, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

Ident = tuple[str, str]
"""A normalised identity: (kind, value)."""


class Claim(NamedTuple):
    """That at ``at`` (UTC seconds) somebody showed these identities.

    ``contact_id`` names a contact that is known already (0: none). ``previous`` is the
    identity an alias joins. ``seen`` is false for what Trellis itself states, which is no
    sign of life of the person. ``clicked`` is the contact whose message led here (0: none):
    a hint, which counts for a device by which nobody is known.
    """

    at: float
    ids: tuple[Ident, ...] = ()
    contact_id: int = 0
    previous: Ident | None = None
    seen: bool = True
    clicked: int = 0


class Merged(NamedTuple):
    """That ``loser`` is to be linked into ``winner``; ``reason`` is a code."""

    winner: int
    loser: int
    reason: str


class Clash(NamedTuple):
    """Two known people named by one claim and kept apart."""

    contact_id: int
    other_id: int
    ident: Ident
    reason: str


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """Whom each claim belongs to, and what that changed.

    ``contact_ids`` is parallel to the claims; 0 where the named contact is gone.
    ``merges`` are still to be carried out (``people.merge.merge``); every pair names final
    survivors. ``tied`` are the devices tied to whom a message was written to. All contacts named here are locked until the transaction ends.
    """

    contact_ids: list[int]
    created: list[int] = field(default_factory=list)
    identified: list[int] = field(default_factory=list)
    merges: list[Merged] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    tied: frozenset[Ident] = frozenset()
