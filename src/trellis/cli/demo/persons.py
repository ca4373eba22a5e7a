"""The public of the demo company: who they are, before they do anything."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from trellis.cli.demo import shop
from trellis.cli.demo.words import COMPANIES, CULTURES, MAIL_DOMAINS, City, Culture
from trellis.people.provenance import moment

Kind = Literal["passer-by", "returner", "reader", "shopper", "pupil", "trade"]
KINDS: dict[Kind, int] = {
    "passer-by": 36,
    "returner": 12,
    "reader": 24,
    "shopper": 16,
    "pupil": 9,
    "trade": 3,
}
"""Shares per hundred; the first two never say who they are."""
DAYS = 120
_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 7, 8, 8, 7, 6, 6, 7, 8, 9, 10, 12, 14, 13, 8, 3)
_WEEK = (9, 8, 8, 9, 11, 14, 13)
"""How busy the hours of a day and the days of a week (from Monday) are."""


@dataclass(slots=True, kw_only=True)
class Person:
    """One of the public. Times are seconds since the epoch; ``known_from`` is 0 while
    nobody knows them."""

    contact_id: int
    kind: Kind
    culture: Culture
    city: City
    device: str
    first_name: str
    last_name: str
    email: str
    phone: str
    company: int | None
    topic: str
    level: str
    arrives: float
    known_from: float = 0.0
    subscribed_from: float = 0.0
    unsubscribed_at: float = 0.0
    attributes: dict[str, object] = field(default_factory=dict)
    provenance: dict[str, dict[str, str]] = field(default_factory=dict)

    def state(self, key: str, value: object, at: float, how: str, src: str) -> None:
        """Set an attribute with where it came from (T7)."""
        self.attributes[key] = value
        self.source(key, at, how, src)

    def source(self, key: str, at: float, how: str, src: str) -> None:
        """Say where a value came from (T7)."""
        basis = "consent" if how == "active" else "legitimate_interest"
        self.provenance[key] = {
            "src": src,
            "at": moment(at),
            "basis": basis,
            "how": how,
        }


class Calendar:
    """When things happen: 120 days that end now, growing, busier in evenings and at
    week-ends."""

    def __init__(self, rng: random.Random, now: datetime) -> None:
        self.rng = rng
        self.now = now.timestamp()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.first_day = (midnight - timedelta(days=DAYS - 1)).timestamp()
        weekday = (midnight - timedelta(days=DAYS - 1)).weekday()
        self._days = self._cumulated(
            [(DAYS + day) * _WEEK[(weekday + day) % 7] for day in range(DAYS)]
        )
        self._hours = self._cumulated(list(_HOURS))
        self._offsets = {
            city.zone: (now.astimezone(ZoneInfo(city.zone)).utcoffset() or timedelta())
            for culture in CULTURES
            for city in culture.cities
        }

    @staticmethod
    def _cumulated(weights: list[int]) -> list[int]:
        total, sums = 0, []
        for weight in weights:
            total += weight
            sums.append(total)
        return sums

    def any_time(self, zone: str) -> float:
        """A moment of the 120 days, at an hour when people of ``zone`` are awake."""
        day = self.rng.choices(range(DAYS), cum_weights=self._days)[0]
        return min(
            self.at_hour(self.first_day + day * 86_400, zone),
            self.now - 60 - self.rng.random() * 7200,
        )

    def at_hour(self, midnight: float, zone: str) -> float:
        """A likely moment of the day that begins at ``midnight`` (UTC)."""
        hour = self.rng.choices(range(24), cum_weights=self._hours)[0]
        local = midnight + hour * 3600 + self.rng.random() * 3600
        return local - self._offsets[zone].total_seconds()

    def decent(self, at: float, zone: str) -> float:
        """``at``, or the next morning where it is night in ``zone``."""
        local = at + self._offsets[zone].total_seconds()
        hour = local % 86_400 / 3600
        if 8 <= hour < 22:
            return at
        return at + ((32 - hour) % 24) * 3600 + self.rng.random() * 1800


class Crowd:
    """Makes persons one after the other, always the same from the same seed."""

    def __init__(self, rng: random.Random, calendar: Calendar, companies: list[int]) -> None:
        self.rng = rng
        self.calendar = calendar
        self.companies = companies
        self._kinds = (list(KINDS), list(KINDS.values()))
        self._weights = [culture.weight for culture in CULTURES]

    def person(self, contact_id: int) -> Person:
        """The next one; ``contact_id`` also makes the address unique."""
        rng = self.rng
        kind = rng.choices(self._kinds[0], self._kinds[1])[0]
        culture = rng.choices(CULTURES, self._weights)[0]
        city = rng.choices(culture.cities, [city.weight for city in culture.cities])[0]
        first, last = rng.randrange(len(culture.first)), rng.randrange(len(culture.last))
        company = rng.randrange(len(COMPANIES)) if kind == "trade" else None
        domain = rng.choice(MAIL_DOMAINS) if company is None else COMPANIES[company][1]
        name = f"{culture.latin[0][first]}.{culture.latin[1][last]}{contact_id}"
        digits = f"{rng.randrange(10**culture.digits):0{culture.digits}d}"
        return Person(
            contact_id=contact_id,
            kind=kind,
            culture=culture,
            city=city,
            device=f"{rng.getrandbits(128):032x}",
            first_name=culture.first[first],
            last_name=culture.last[last],
            email=f"{name}@{domain}",
            phone=f"{culture.dial}{digits}" if rng.random() < 0.4 else "",
            company=None if company is None else self.companies[company],
            topic=rng.choice(shop.TOPICS),
            level=rng.choices(("beginner", "hobby", "professional"), (5, 4, 1))[0],
            arrives=self.calendar.any_time(city.zone),
        )
