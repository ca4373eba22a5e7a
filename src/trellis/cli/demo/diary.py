"""What one person did, in the order in which it is told."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trellis.cli.demo import shop
from trellis.cli.demo.tape import json
from trellis.events import names, types

EventKey = tuple[str, str]
"""Type and name, as the catalogue of events has them."""

VIEW: EventKey = (types.PAGE, types.STANDARD_NAMES[types.PAGE])
IDENTIFIED: EventKey = (types.IDENTIFY, types.STANDARD_NAMES[types.IDENTIFY])
PAGE_READ: EventKey = (types.TRACK, "Page Read")
PRODUCT_VIEWED: EventKey = (types.TRACK, "Product Viewed")
PRODUCT_ADDED: EventKey = (types.TRACK, "Product Added")
PRODUCT_REMOVED: EventKey = (types.TRACK, "Product Removed")
ORDER_COMPLETED: EventKey = (types.TRACK, "Order Completed")
ARTICLE_READ: EventKey = (types.TRACK, "Article Read")
EBOOK: EventKey = (types.TRACK, "E-book Downloaded")
FORM: EventKey = (types.TRACK, names.FORM_SUBMITTED)
SENT: EventKey = (types.SYSTEM, names.MESSAGE_SENT)
OPENED: EventKey = (types.SYSTEM, names.MESSAGE_OPENED)
CLICKED: EventKey = (types.SYSTEM, names.MESSAGE_CLICKED)
UNSUBSCRIBED: EventKey = (types.SYSTEM, names.UNSUBSCRIBED)
SUBSCRIBED: EventKey = (types.SYSTEM, names.SUBSCRIBED)
STAGE_CHANGED: EventKey = (types.SYSTEM, names.STAGE_CHANGED)
STAGE_PROPOSED: EventKey = (types.SYSTEM, names.STAGE_PROPOSED)
LEAD_DISQUALIFIED: EventKey = (types.SYSTEM, names.LEAD_DISQUALIFIED)
TEMPERATURE_CHANGED: EventKey = (types.SYSTEM, names.TEMPERATURE_CHANGED)
JOURNEY_ENTERED: EventKey = (types.SYSTEM, names.JOURNEY_ENTERED)
JOURNEY_ENDED: EventKey = (types.SYSTEM, names.JOURNEY_ENDED)
JOURNEY_GOAL: EventKey = (types.SYSTEM, names.JOURNEY_GOAL)
SEGMENT_ENTERED: EventKey = (types.SYSTEM, names.SEGMENT_ENTERED)
SEGMENT_LEFT: EventKey = (types.SYSTEM, names.SEGMENT_LEFT)
KEYS: tuple[EventKey, ...] = (
    VIEW,
    IDENTIFIED,
    PAGE_READ,
    PRODUCT_VIEWED,
    PRODUCT_ADDED,
    PRODUCT_REMOVED,
    ORDER_COMPLETED,
    ARTICLE_READ,
    EBOOK,
    FORM,
    SENT,
    OPENED,
    CLICKED,
    UNSUBSCRIBED,
    SUBSCRIBED,
    STAGE_CHANGED,
    STAGE_PROPOSED,
    LEAD_DISQUALIFIED,
    TEMPERATURE_CHANGED,
    JOURNEY_ENTERED,
    JOURNEY_ENDED,
    JOURNEY_GOAL,
    SEGMENT_ENTERED,
    SEGMENT_LEFT,
)

Trigger = Literal[
    "master-class", "returned", "newsletter", "cart", "ordered", "booked", "prices"
]


@dataclass(slots=True)
class Diary:
    """Events of one person as (time, key, JSON of the properties, depth), and what of them
    starts something: ``triggers`` as (time, what)."""

    entries: list[tuple[float, EventKey, str, int]] = field(default_factory=list)
    triggers: list[tuple[float, Trigger]] = field(default_factory=list)
    arrivals: list[tuple[float, str]] = field(default_factory=list)

    def note(self, at: float, key: EventKey, props: str, depth: int = 0) -> None:
        """Write one event down."""
        self.entries.append((at, key, props, depth))

    def after(self, trigger: Trigger, at: float) -> float:
        """When ``trigger`` came next after ``at``; 0 where it did not."""
        return min(
            (when for when, what in self.triggers if what == trigger and when > at), default=0.0
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A way to the site: key of the source, UTM parameters, referring page."""

    source: str
    weight: int
    utm: Mapping[str, str]
    referrer: str


ARRIVALS: tuple[Arrival, ...] = (
    Arrival("seo", 38, {}, "https://www.google.com/"),
    Arrival("direct", 24, {}, ""),
    Arrival(
        "social",
        18,
        {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "reels"},
        "https://www.instagram.com/",
    ),
    Arrival(
        "sem",
        12,
        {"utm_source": "ads", "utm_medium": "cpc", "utm_campaign": "master-class"},
        "",
    ),
    Arrival(
        "partner",
        8,
        {"utm_source": "mercat", "utm_medium": "partner"},
        "https://mercat.example/",
    ),
)
BY_MAIL = Arrival("email", 0, {"utm_source": "newsletter", "utm_medium": "email"}, "")


class Walk:
    """One visit to the site: each method is something the visitor does, and takes time."""

    _props: dict[tuple[str, str], str] = {}

    def __init__(
        self,
        rng: random.Random,
        diary: Diary,
        at: float,
        arrival: Arrival,
        origin: str,
        agent: str = "",
        number: int = 1,
    ) -> None:
        self.rng = rng
        self.diary = diary
        self.at = at
        self.origin = origin
        self.arrival: Arrival | None = arrival
        self.cart: list[shop.Product] = []
        self._visit = f',"session":{int(at * 1000)},"visit":{number},"user_agent":"{agent}"}}'
        diary.arrivals.append((at, arrival.source))

    def pause(self, seconds: float) -> None:
        """Let some time pass, around ``seconds``."""
        self.at += seconds * (0.4 + 1.2 * self.rng.random())

    def page(self, path: str, name: str) -> None:
        """Look at a page; the first one of a visit carries where they came from."""
        source = self.arrival.source if self.arrival else ""
        props = self._props.get((path, source))
        if props is None:
            value: dict[str, Any] = {
                "name": name,
                "title": f"{name} · {shop.NAME}",
                "path": path,
                "url": self.origin + path,
            }
            if self.arrival:
                value |= self.arrival.utm
                if self.arrival.referrer:
                    value["referrer"] = self.arrival.referrer
            props = self._props[(path, source)] = json(value)
        self.arrival = None
        self.diary.note(self.at, VIEW, props[:-1] + self._visit)
        self.pause(35)

    def read(self, path: str) -> None:
        """Scroll the page just seen to its end."""
        seconds = 20 + int(self.rng.random() * 160)
        self.diary.note(self.at, PAGE_READ, f'{{"path":"{path}","seconds":{seconds}}}')
        self.at += seconds

    def product(self, product: shop.Product) -> None:
        """Look at a product."""
        self.page(product.path, product.name)
        self.diary.note(self.at - 1, PRODUCT_VIEWED, self._product(product))

    def add(self, product: shop.Product) -> None:
        """Put a product into the cart."""
        self.cart.append(product)
        self.diary.note(self.at, PRODUCT_ADDED, self._product(product))
        self.pause(20)

    def order(self) -> None:
        """Pay for what is in the cart."""
        self.page(f"{shop.SITE}/cart", "Cart")
        total = round(sum(product.price for product in self.cart), 2)
        self.diary.note(
            self.at,
            ORDER_COMPLETED,
            json(
                {
                    "order_id": f"F{self.rng.randrange(10**7):07d}",
                    "total": total,
                    "value": total,
                    "currency": shop.CURRENCY,
                    "products": [product.id for product in self.cart],
                    "courses": any(product.category == "courses" for product in self.cart),
                }
            ),
        )
        self.diary.triggers.append((self.at, "ordered"))
        if any(product.category == "courses" for product in self.cart):
            self.diary.triggers.append((self.at, "booked"))
        self.cart = []

    def article(self, article: shop.Article) -> None:
        """Open an article and mostly read it."""
        self.page(article.path, article.name)
        if self.rng.random() < 0.7:
            self.pause(article.minutes * 40)
            props = f'{{"article":"{article.id}","topic":"{article.topic}"}}'
            self.diary.note(self.at, ARTICLE_READ, props)

    def ebook(self) -> None:
        """Take the e-book home."""
        self.diary.note(self.at, EBOOK, json({"title": shop.EBOOK}))
        self.pause(10)

    def form(self, key: str, fields: Mapping[str, object]) -> None:
        """Fill a form in."""
        self.pause(40)
        self.diary.note(self.at, FORM, json({"form": key, "fields": fields}))

    def _product(self, product: shop.Product) -> str:
        props = self._props.get((product.id, "product"))
        if props is None:
            props = self._props[(product.id, "product")] = json(
                {
                    "product_id": product.id,
                    "name": product.name,
                    "category": product.category,
                    "price": product.price,
                    "currency": shop.CURRENCY,
                    "path": product.path,
                }
            )
        return props
