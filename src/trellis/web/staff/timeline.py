"""Events made ready for templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Value
from django.utils import timezone

from trellis.core.paging import Cursor
from trellis.events.queries import EventRow
from trellis.journeys.models import Journey
from trellis.leads.queries import stage_names
from trellis.messaging.models import Template
from trellis.segments.models import Segment
from trellis.web.staff.deeds import Sentence
from trellis.web.staff.memo import remember
from trellis.web.staff.sentences import sentence

Names = Mapping[str, Mapping[Any, str]]


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


def names() -> Names:
    """What the keys in events are called, by kind; remembered for a moment."""
    return {**keyed(), "stage": remember("stage names", stage_names)}


def keyed() -> Names:
    """The same without stages."""
    return remember("names", _names)


def _names() -> Names:
    found: dict[str, dict[str, str]] = {"segment": {}, "journey": {}, "template": {}}
    rows = [
        source.annotate(of=Value(kind)).values_list("of", "key", "name").order_by()
        for kind, source in (
            ("segment", Segment.objects.all()),
            ("journey", Journey.objects.all()),
            ("template", Template.objects.filter(archived_at__isnull=True)),
        )
    ]
    for kind, key, name in rows[0].union(*rows[1:], all=True):
        found[kind][key] = name
    return found


def _named(props: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The properties with names beside the keys that they carry."""
    found = dict(props)
    for kind in ("segment", "journey", "template"):
        if isinstance(key := props.get(kind), str):
            found[f"{kind}_name"] = names[kind].get(key, key)
    for side in ("from", "to"):
        if isinstance(key := props.get(side), str) and key in names["stage"]:
            found[f"{side}_name"] = names["stage"][key]
    return found


def by_day(
    rows: Iterable[EventRow], before: date | None = None, called: Names | None = None
) -> list[Shown]:
    """Events with their sentences, the first of each day marked in the reader's zone;
    ``called`` are the names where the caller has them."""
    called = names() if called is None else called
    found: list[Shown] = []
    day = before
    for event in rows:
        own = timezone.localtime(event.at).date()
        words = sentence(event.type, event.name, _named(event.props, called))
        found.append(Shown(event=event, words=words, day=own if own != day else None))
        day = own
    return found
