"""How a person's standing grew: the score model of the demo, followed event by event.

Only the way is told here (when somebody became a lead, when they turned warm). Where they
stand today is computed afterwards by the real engine, from the same events.
"""

from __future__ import annotations

from collections import Counter

from trellis.cli.demo import diary as d
from trellis.cli.demo import shop
from trellis.cli.demo.definitions import HOT_FROM, WARM_FROM
from trellis.cli.demo.persons import Person
from trellis.cli.demo.scores import MESSAGES_LIMIT

_MASTER_CLASS = f'"path":"{shop.SITE}/master-class"'
_PRICES = f'"path":"{shop.SITE}/prices"'


class Tally:
    """Counts what the score rules and stage rules of ``definitions`` look at."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.n: Counter[str] = Counter()
        self.stage = "user"
        self.temperature = "cold"

    def count(self, key: d.EventKey, props: str) -> bool:
        """Take one event in; false where no rule looks at it."""
        name = _NAMES.get(key)
        if key == d.PAGE_READ and _PRICES in props:
            name = "studied-price-list"
        elif key == d.VIEW and _MASTER_CLASS in props:
            name = "viewed-master-class"
        if name is None:
            return False
        self.n[name] += 1
        return True

    def score(self, at: float) -> int:
        """Points at this time, without windows and decay."""
        return sum(self.buckets(at))

    def buckets(self, at: float) -> tuple[int, int, int]:
        """Demographic, interest and engagement points at this time."""
        n, person = self.n, self.person
        interest = 20 if n["studied-price-list"] else 0
        interest += 10 if n["downloaded-ebook"] else 0
        interest += 15 if n["read-article"] >= 3 else 0
        interest += min(12, 3 * n["viewed-master-class"])
        interest += 5 if "topic" in person.attributes else 0
        engagement = -10 if n["unsubscribed"] else 0
        engagement += min(15, 5 * n["added-to-cart"]) + min(60, 20 * n["ordered"])
        engagement += min(
            MESSAGES_LIMIT, min(5, n["opened-mail"]) + min(10, 2 * n["clicked-mail"])
        )
        fit = 10 if person.level == "professional" and "level" in person.attributes else 0
        return fit + (5 if person.city.name == "Barcelona" else 0), interest, engagement

    def warmth(self, at: float) -> str:
        """The temperature of the score at this time."""
        score = self.score(at)
        return "hot" if score >= HOT_FROM else "warm" if score >= WARM_FROM else "cold"

    def move(self, at: float) -> str | None:
        """The stage reached by now, where it is a later one."""
        reached = self._stage(at)
        if _RANKS[reached] <= _RANKS[self.stage]:
            return None
        self.stage = reached
        return reached

    def warm(self, at: float) -> str | None:
        """The temperature by now, where it changed."""
        now = self.warmth(at)
        if now == self.temperature:
            return None
        self.temperature = now
        return now

    def _stage(self, at: float) -> str:
        n = self.n
        if n["ordered"]:
            return "loyal" if n["ordered"] >= 3 else "customer"
        if not 0 < self.person.known_from <= at:
            return "user"
        score = self.score(at)
        if score >= HOT_FROM:
            return "intention" if n["added-to-cart"] else "sql"
        return "mql" if score >= 35 else "lead"


_NAMES: dict[d.EventKey, str] = {
    d.EBOOK: "downloaded-ebook",
    d.ARTICLE_READ: "read-article",
    d.PRODUCT_ADDED: "added-to-cart",
    d.ORDER_COMPLETED: "ordered",
    d.OPENED: "opened-mail",
    d.CLICKED: "clicked-mail",
    d.UNSUBSCRIBED: "unsubscribed",
    d.FORM: "submitted-form",
}
_RANKS = {
    key: rank
    for rank, key in enumerate(("user", "lead", "mql", "sql", "intention", "customer", "loyal"))
}
