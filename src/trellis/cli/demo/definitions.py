"""What the demo company has set up: attributes, signals, score model, stages, forms.

Only values; ``setup`` gives them to the domains through the same actions as a person.
"""

from __future__ import annotations

from typing import Any

from trellis.cli.demo import shop
from trellis.cli.demo.conditions import Rule, did, field_is, times
from trellis.cli.demo.diary import (
    ARTICLE_READ,
    CLICKED,
    EBOOK,
    FORM,
    OPENED,
    ORDER_COMPLETED,
    PAGE_READ,
    PRODUCT_ADDED,
    PRODUCT_VIEWED,
    UNSUBSCRIBED,
    VIEW,
    EventKey,
)

WARM_FROM = 20
HOT_FROM = 50

ATTRIBUTES: tuple[dict[str, Any], ...] = (
    {
        "key": "topic",
        "label": "Favourite topic",
        "type": "choice",
        "bucket": "interest",
        "how": "active",
        "options": list(shop.TOPICS),
    },
    {
        "key": "level",
        "label": "Baking level",
        "type": "choice",
        "bucket": "demographic",
        "how": "active",
        "options": ["beginner", "hobby", "professional"],
    },
    {
        "key": "shop",
        "label": "Nearest shop",
        "type": "choice",
        "bucket": "demographic",
        "how": "passive",
        "options": list(shop.SHOPS),
    },
    {
        "key": "birthday",
        "label": "Birthday",
        "type": "date",
        "bucket": "demographic",
        "how": "active",
        "options": [],
    },
    {
        "key": "trade_fair",
        "label": "Met at the trade fair",
        "type": "boolean",
        "bucket": "engagement",
        "how": "active",
        "options": [],
    },
    {
        "key": "second_phone",
        "label": "Second phone",
        "type": "text",
        "bucket": "demographic",
        "how": "active",
        "options": [],
    },
)


COMPANY_ATTRIBUTES: tuple[dict[str, Any], ...] = (
    {
        "key": "trade",
        "label": "Trade",
        "type": "choice",
        "bucket": "demographic",
        "how": "active",
        "options": ["hotel", "café", "restaurant", "bakery", "catering", "school"],
    },
    {
        "key": "employees",
        "label": "Employees",
        "type": "number",
        "unit": "people",
        "minimum": 1,
        "bucket": "demographic",
        "how": "passive",
    },
    {"key": "website", "label": "Website", "type": "url", "how": "passive"},
    {
        "key": "orders_from",
        "label": "Orders from us",
        "type": "list",
        "bucket": "interest",
        "how": "active",
        "options": ["flour", "courses", "cakes", "tools"],
    },
)

TAGS: tuple[tuple[str, str, str], ...] = (
    ("Trade", "blue", "Buys for a business; talk to Olga first."),
    ("Master class 2026", "green", "Was or will be at the bench this year."),
    ("Press", "violet", "Writes about food. No discounts, no mailings on Mondays."),
)


def _path(path: str) -> Rule:
    return {"all": [{"field": "prop.path", "op": "eq", "value": shop.SITE + path}]}


SIGNALS: tuple[tuple[str, str, EventKey, Rule, str, str], ...] = (
    ("viewed-page", "Viewed a page", VIEW, {}, "", "engagement"),
    ("viewed-price-list", "Viewed the price list", VIEW, _path("/prices"), "", "interest"),
    (
        "studied-price-list",
        "Studied the price list",
        PAGE_READ,
        _path("/prices"),
        "seconds",
        "interest",
    ),
    (
        "viewed-master-class",
        "Viewed the master class",
        VIEW,
        _path("/master-class"),
        "",
        "interest",
    ),
    (
        "read-master-class",
        "Read the master class to the end",
        PAGE_READ,
        _path("/master-class"),
        "seconds",
        "interest",
    ),
    ("viewed-product", "Viewed a product", PRODUCT_VIEWED, {}, "category", "interest"),
    ("added-to-cart", "Added to cart", PRODUCT_ADDED, {}, "price", "engagement"),
    ("ordered", "Ordered", ORDER_COMPLETED, {}, "total", "engagement"),
    (
        "booked-course",
        "Booked a course",
        ORDER_COMPLETED,
        {"all": [{"field": "prop.courses", "op": "eq", "value": True}]},
        "total",
        "engagement",
    ),
    ("read-article", "Read an article", ARTICLE_READ, {}, "", "interest"),
    ("downloaded-ebook", "Downloaded the e-book", EBOOK, {}, "", "interest"),
    ("submitted-form", "Filled in a form", FORM, {}, "", "engagement"),
    ("opened-mail", "Opened a message", OPENED, {}, "", "engagement"),
    ("clicked-mail", "Clicked in a message", CLICKED, {}, "", "engagement"),
    ("unsubscribed", "Unsubscribed", UNSUBSCRIBED, {}, "", "engagement"),
)
"""Key, name, event, filter, property kept, bucket."""


SCORE_BY_RULE: tuple[tuple[str, str, int, Rule], ...] = (
    ("E-book downloaded", "interest", 10, did("downloaded-ebook")),
    ("Price list studied", "interest", 20, did("studied-price-list")),
    ("Block of articles read", "interest", 15, {"all": [times("read-article", 3)]}),
    ("Unsubscribed", "engagement", -10, did("unsubscribed")),
    (
        "Told us the favourite topic",
        "interest",
        5,
        {"all": [{"field": "attr.topic", "op": "not_empty"}]},
    ),
    (
        "Bakes for a living",
        "demographic",
        10,
        {"all": [field_is("attr.level", "eq", "professional")]},
    ),
    (
        "Lives in Barcelona",
        "demographic",
        5,
        {"all": [field_is("contact.city", "eq", "Barcelona")]},
    ),
)
"""Name, bucket, points, condition: counted once while it holds."""

BySignal = tuple[str, str, str, int, str, int, int | None, int | None]
"""Name, bucket, group, points per occurrence, signal, cap, window in days, decay in days."""

SCORE_BY_SIGNAL: tuple[BySignal, ...] = (
    ("Viewed the master class", "interest", "", 3, "viewed-master-class", 12, 60, None),
    ("Added to cart", "engagement", "", 5, "added-to-cart", 15, None, 30),
    ("Ordered", "engagement", "", 20, "ordered", 60, None, None),
    ("Opened a message", "engagement", "messages", 1, "opened-mail", 5, 90, None),
    ("Clicked in a message", "engagement", "messages", 2, "clicked-mail", 10, 90, None),
)

STAGE_RULES: dict[str, Rule] = {
    "lead": {"all": [field_is("contact.known", "eq", True)]},
    "mql": {"all": [field_is("contact.known", "eq", True), field_is("score", "gte", 35)]},
    "sql": {
        "all": [field_is("contact.known", "eq", True), field_is("temperature", "eq", "hot")]
    },
    "intention": {
        "all": [
            field_is("contact.known", "eq", True),
            field_is("temperature", "eq", "hot"),
            {"field": "signal.added-to-cart", "op": "did"},
        ]
    },
    "customer": did("ordered"),
    "loyal": {"all": [times("ordered", 3)]},
}

CONSENT_WORDING = "Yes, write to me about courses and news. I can unsubscribe with one click."
FORMS: tuple[dict[str, Any], ...] = (
    {
        "key": "master-class",
        "name": "Master class",
        "title": "Pastry master class",
        "intro": "Tell us where you stand, and we send you dates, the programme and a recipe to begin with.",
        "fields": [
            {"key": "first_name", "label": "First name", "type": "text", "required": True},
            {"key": "email", "label": "Email", "type": "email", "required": True},
            {
                "key": "topic",
                "label": "What would you like to bake?",
                "type": "select",
                "required": False,
                "options": list(shop.TOPICS),
            },
            {
                "key": "level",
                "label": "How do you bake today?",
                "type": "select",
                "required": False,
                "options": ["beginner", "hobby", "professional"],
            },
        ],
        "consent_text": CONSENT_WORDING,
        "thanks": "Thank you! The programme is on its way to your mailbox.",
    },
    {
        "key": "newsletter",
        "name": "Newsletter",
        "title": "One letter a month",
        "intro": "Recipes that work, new courses first, nothing else.",
        "fields": [
            {"key": "first_name", "label": "First name", "type": "text", "required": False},
            {"key": "email", "label": "Email", "type": "email", "required": True},
        ],
        "consent_text": CONSENT_WORDING,
        "thanks": "Welcome! The first letter comes at once.",
    },
)
