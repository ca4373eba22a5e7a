"""Which events of a batch a journey's watches see. Filters run in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

from trellis.events.types import Logged
from trellis.journeys import conditions
from trellis.journeys.book import Book, Version
from trellis.journeys.triggers import Watch


class Sightings:
    """``want`` watches, ``settle`` once, then ask."""

    def __init__(self, book: Book, events: Sequence[Logged]) -> None:
        self._book = book
        self._events = events
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for place, event in enumerate(events):
            self._by_name[event.name].append(place)
        self._by_prop: dict[tuple[str, str], defaultdict[str, list[int]]] = {}
        self._maybe: dict[Watch, list[int]] = {}
        self._seen: dict[Watch, dict[int, list[Logged]]] = {}

    def want(self, watch: Watch) -> None:
        """Say that it matters what ``watch`` sees."""
        if watch not in self._maybe:
            self._maybe[watch] = [
                place for place in self._near(watch) if watch.may_see(self._events[place])
            ]

    def _near(self, watch: Watch) -> Sequence[int]:
        """Events of the watch's name and, where it names one, of its first property."""
        places = self._by_name.get(watch.name, ())
        if not watch.props:
            return places
        key, value = watch.props[0]
        index = self._by_prop.get((watch.name, key))
        if index is None:
            index = self._by_prop[watch.name, key] = defaultdict(list)
            for place in places:
                index[str(self._events[place].props.get(key))].append(place)
        return index.get(str(value), ())

    def settle(self) -> None:
        """Evaluate the filters of all watches that were wanted."""
        passing = self._filtered()
        for watch, places in self._maybe.items():
            by_contact: defaultdict[int, list[Logged]] = defaultdict(list)
            for place in places:
                if watch.filter is None or place in passing[watch.filter]:
                    event = self._events[place]
                    by_contact[event.contact_id].append(event)
            self._seen[watch] = by_contact

    def first(
        self, contact_id: int, watches: Sequence[Watch], since: datetime
    ) -> Logged | None:
        """The first event of a contact, not older than ``since``, that a watch sees."""
        for watch in watches:
            for event in self._seen[watch].get(contact_id, ()):
                if event.at >= since:
                    return event
        return None

    def arrivals(self) -> Iterator[tuple[Logged, Version, Watch]]:
        """What brings contacts to journeys, and to which version."""
        for name in self._by_name:
            for version, watch in self._book.entries.get(name, ()):
                for events in self._seen[watch].values():
                    for event in events:
                        yield event, version, watch

    def _filtered(self) -> Mapping[int, Set[int]]:
        places: set[int] = set()
        keys: set[int] = set()
        for watch, mine in self._maybe.items():
            if watch.filter is not None:
                keys.add(watch.filter)
                places.update(mine)
        if not places:
            return dict.fromkeys(keys, frozenset())
        order = sorted(places)
        rules = {key: self._book.rules[key] for key in keys}
        found = conditions.matching(rules, [self._events[place].props for place in order])
        return {key: {order[row] for row in rows} for key, rows in found.items()}
