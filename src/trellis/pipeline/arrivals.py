"""Visitors who came by a link of a message: whom their device may be tied to, and what came
of it. The decision itself is ``people.decide``'s."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from trellis.core import db, sql
from trellis.events import names
from trellis.events.types import SYSTEM, Fact
from trellis.messaging.humans import BURST
from trellis.messaging.tokens import ARRIVAL_SECONDS
from trellis.people.types import Ident

TIED, KNOWN, SCANNER = "tied", "known", "scanner"
"""What came of an arrival: the device is the contact's now; somebody is known by it; a scanner
opened the links of that message, so that nobody can say who came."""

Came = tuple[int, int]
_SQL = sql.load(__package__, "arrivals")


def scanned(facts: Sequence[Fact], now: datetime) -> set[Came]:
    """Contacts and messages of arrivals whose links a scanner opened lately. Asks nothing
    where nobody came by a message."""
    came = {fact.came_by for fact in facts if fact.came_by is not None}
    if not came:
        return set()
    rows = db.fetch(
        _SQL["scanned"],
        {
            "contacts": sorted({contact for contact, _ in came}),
            "messages": sorted({message for _, message in came}),
            "type": SYSTEM,
            "name": names.MESSAGE_CLICKED,
            "why": BURST,
            "since": now - timedelta(seconds=2 * ARRIVAL_SECONDS),
        },
    )
    return came & {(int(contact), int(message)) for contact, message in rows}


def outcome(fact: Fact, bad: set[Came], tied: frozenset[Ident]) -> str:
    """Why the device of a fact that has ``came_by`` is, or is not, the contact's now."""
    if fact.came_by in bad:
        return SCANNER
    return TIED if tied.intersection(fact.ids) else KNOWN
