"""What kinds of people do on the site: passers-by, readers, shoppers, pupils, the trade."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from trellis.cli.demo import shop
from trellis.cli.demo.diary import ARRIVALS, BY_MAIL, VIEW, Arrival, Diary, Walk
from trellis.cli.demo.persons import Calendar, Kind, Person

DAY = 86_400.0
_HOME = f"{shop.SITE}/"
_CATALOGUE = f"{shop.SITE}/catalogue"
_PRICES = f"{shop.SITE}/prices"
_MASTER_CLASS = f"{shop.SITE}/master-class"
_ARTICLES = f"{shop.SITE}/articles"
_GOODS = [product for product in shop.PRODUCTS if product.category != "courses"]
_GOODS_WEIGHTS = [product.weight for product in _GOODS]
_COURSE = shop.PRODUCTS[0]
_ARRIVAL_WEIGHTS = [arrival.weight for arrival in ARRIVALS]

AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/148.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/148.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
)
"""The browsers of the public; everybody keeps theirs."""


def agent_of(contact_id: int) -> str:
    """The browser that somebody always comes with."""
    return AGENTS[contact_id % len(AGENTS)]


class Habits:
    """Tells the visits of a person into a diary. One instance serves everybody."""

    def __init__(self, rng: random.Random, calendar: Calendar, origin: str) -> None:
        self.rng = rng
        self.calendar = calendar
        self.origin = origin
        self._visit: Mapping[Kind, Callable[[Person, Walk, int], None]] = {
            "passer-by": self._pass_by,
            "returner": self._pass_by,
            "reader": self._read,
            "shopper": self._shop,
            "pupil": self._learn,
            "trade": self._trade,
        }
        self._visits: Mapping[Kind, tuple[int, int, float]] = {
            "passer-by": (1, 1, 0.0),
            "returner": (2, 4, 9.0),
            "reader": (1, 5, 16.0),
            "shopper": (1, 6, 12.0),
            "pupil": (2, 7, 5.0),
            "trade": (0, 3, 20.0),
        }

    def tell(self, person: Person, diary: Diary) -> None:
        """All visits of ``person`` until now."""
        fewest, most, gap = self._visits[person.kind]
        at = person.arrives
        if person.kind == "trade":
            self._become_known(person, at)
            person.state("trade_fair", True, at, "active", "import:trade-fair")
            diary.arrivals.append((at, "exhibition"))
        for number in range(self.rng.randint(fewest, most)):
            if number:
                days = 1 + int(self.rng.expovariate(1 / gap))
                midnight = at - at % DAY + days * DAY
                at = self.calendar.at_hour(midnight, person.city.zone)
            if at > self.calendar.now - 1800:
                break
            arrival = self._arrival(person, at, number)
            agent = agent_of(person.contact_id)
            walk = Walk(self.rng, diary, at, arrival, self.origin, agent, number + 1)
            self._visit[person.kind](person, walk, number)
            if walk.cart:
                diary.triggers.append((walk.at, "cart"))
        self._notice_returns(person, diary)

    def _notice_returns(self, person: Person, diary: Diary) -> None:
        """A third look at the master class within two weeks is a repeated visit (T4)."""
        if person.kind != "pupil":
            return
        looks = sorted(
            at
            for at, key, props, _ in diary.entries
            if key == VIEW and f'"path":"{_MASTER_CLASS}"' in props
        )
        for earlier, third in zip(looks, looks[2:], strict=False):
            if third - earlier <= 14 * DAY:
                diary.triggers.append((third, "returned"))

    def _arrival(self, person: Person, at: float, number: int) -> Arrival:
        if number and 0 < person.subscribed_from < at and self.rng.random() < 0.3:
            return BY_MAIL
        return self.rng.choices(ARRIVALS, _ARRIVAL_WEIGHTS)[0]

    def _pass_by(self, person: Person, walk: Walk, number: int) -> None:
        roll = self.rng.random()
        if roll < 0.35:
            walk.article(self.rng.choice(shop.ARTICLES))
        elif roll < 0.75:
            walk.page(_HOME, "Home")
            if roll > 0.5:
                walk.page(_CATALOGUE, "Catalogue")
        else:
            walk.product(self.rng.choices(_GOODS, _GOODS_WEIGHTS)[0])
        if number and self.rng.random() < 0.2:
            walk.page(_PRICES, "Prices")

    def _read(self, person: Person, walk: Walk, number: int) -> None:
        walk.page(_ARTICLES, "Articles")
        for article in self.rng.sample(shop.ARTICLES, self.rng.randint(1, 3)):
            walk.article(article)
        roll = self.rng.random()
        if not person.known_from and roll < 0.55:
            self._newsletter(person, walk)
            if roll < 0.3:
                walk.ebook()
        elif person.known_from and roll < 0.12:
            walk.product(self.rng.choices(_GOODS, _GOODS_WEIGHTS)[0])
        elif roll < 0.2:
            walk.page(_PRICES, "Prices")

    def _shop(self, person: Person, walk: Walk, number: int) -> None:
        walk.page(_HOME, "Home")
        walk.page(_CATALOGUE, "Catalogue")
        for product in self.rng.choices(_GOODS, _GOODS_WEIGHTS, k=self.rng.randint(1, 3)):
            walk.product(product)
            if self.rng.random() < 0.32:
                walk.add(product)
        if self.rng.random() < 0.25:
            self._study_prices(walk)
        if not walk.cart:
            if not person.known_from and self.rng.random() < 0.2:
                self._newsletter(person, walk)
        elif self.rng.random() < 0.62:
            self._become_known(person, walk.at)
            walk.order()
        elif not person.known_from and self.rng.random() < 0.5:
            self._newsletter(person, walk)

    def _learn(self, person: Person, walk: Walk, number: int) -> None:
        if self.rng.random() < 0.4:
            walk.page(_HOME, "Home")
        walk.page(_MASTER_CLASS, "Master class")
        if self.rng.random() < 0.5:
            walk.read(_MASTER_CLASS)
        if self.rng.random() < 0.45:
            self._study_prices(walk)
        if self.rng.random() < 0.35:
            walk.article(self.rng.choice(shop.ARTICLES))
        if "topic" not in person.attributes and self.rng.random() < 0.45:
            self._ask_for_master_class(person, walk)
        elif person.known_from and number > 1 and self.rng.random() < 0.16:
            walk.product(_COURSE)
            walk.add(_COURSE)
            if self.rng.random() < 0.6:
                walk.order()

    def _trade(self, person: Person, walk: Walk, number: int) -> None:
        walk.page(_CATALOGUE, "Catalogue")
        self._study_prices(walk)
        if self.rng.random() < 0.2:
            walk.add(shop.PRODUCTS[9])
            walk.order()

    def _study_prices(self, walk: Walk) -> None:
        walk.diary.triggers.append((walk.at, "prices"))
        walk.page(_PRICES, "Prices")
        if self.rng.random() < 0.75:
            walk.read(_PRICES)

    def _become_known(self, person: Person, at: float) -> None:
        if not person.known_from:
            person.known_from = at

    def _newsletter(self, person: Person, walk: Walk) -> None:
        walk.form("newsletter", {"email": person.email, "first_name": person.first_name})
        self._become_known(person, walk.at)
        person.subscribed_from = walk.at
        walk.diary.triggers.append((walk.at, "newsletter"))

    def _ask_for_master_class(self, person: Person, walk: Walk) -> None:
        walk.form(
            "master-class",
            {
                "email": person.email,
                "first_name": person.first_name,
                "topic": person.topic,
                "level": person.level,
            },
        )
        self._become_known(person, walk.at)
        person.subscribed_from = person.subscribed_from or walk.at
        person.state("topic", person.topic, walk.at, "active", "form:master-class")
        person.state("level", person.level, walk.at, "active", "form:master-class")
        walk.diary.triggers.append((walk.at, "master-class"))
