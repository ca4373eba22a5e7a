"""Who acts, and what acting may need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Right = Literal[
    "contacts.read",
    "contacts.write",
    "contacts.erase",
    "contacts.export",
    "contacts.see_private",
    "companies.read",
    "companies.write",
    "attributes.read",
    "attributes.write",
    "enrichment.read",
    "enrichment.write",
    "segments.read",
    "segments.write",
    "signals.read",
    "signals.write",
    "scoring.read",
    "scoring.write",
    "leads.read",
    "leads.write",
    "stages.write",
    "journeys.read",
    "journeys.write",
    "journeys.publish",
    "templates.read",
    "templates.write",
    "messages.read",
    "messages.send",
    "forms.read",
    "forms.write",
    "imports.read",
    "imports.write",
    "reports.read",
    "events.read",
    "events.write",
    "sources.read",
    "sources.write",
    "health.read",
    "clock.move",
    "audit.read",
    "keys.manage",
    "users.manage",
]
"""``noun.verb``. The scopes of an API key are the same words."""

RIGHTS: frozenset[Right] = frozenset(get_args(Right))
"""Every right there is."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does something: a member of staff, a program with a key, or Trellis itself.

    ``id`` is the user's or key's primary key, 0 for the system. ``rights`` are settled when
    the actor is made, so that an action decides without a query.
    """

    kind: Literal["user", "key", "system"]
    id: int
    name: str
    rights: frozenset[Right]

    @property
    def label(self) -> str:
        """How the actor stands in histories: ``user:3 Ann``, ``key:7 Shop``, ``system``."""
        return "system" if self.kind == "system" else f"{self.kind}:{self.id} {self.name}"[:80]

    def may(self, right: Right) -> bool:
        """Whether the actor has ``right``."""
        return right in self.rights


SYSTEM = Actor(kind="system", id=0, name="system", rights=RIGHTS)
"""Trellis acting by rule, journey or clock."""
