"""Events made ready for templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from trellis.core.paging import Cursor
from trellis.events.queries import EventRow
from trellis.web.staff.sentences import Sentence, sentence


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An event with its sentence; ``day`` is set on the first of a day."""

    event: EventRow
    words: Sentence
    day: date | None = None

    @property
    def position(self) -> str:
        """Where the event stands, to ask for newer ones."""
        return Cursor(at=self.event.at, id=self.event.event_id).encode()


def shown(event: EventRow) -> Shown:
    """One event with its sentence."""
    return Shown(event=event, words=sentence(event.type, event.name, event.props))


def by_day(rows: Iterable[EventRow], before: date | None = None) -> list[Shown]:
    """Events with their sentences, the first of each day marked in the reader's zone."""
    found: list[Shown] = []
    day = before
    for event in rows:
        own = timezone.localtime(event.at).date()
        words = sentence(event.type, event.name, event.props)
        found.append(Shown(event=event, words=words, day=own if own != day else None))
        day = own
    return found
