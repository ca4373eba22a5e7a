"""The segments of the demo company: whom it would really want to know."""

from __future__ import annotations

from trellis.cli.demo.conditions import Rule, field_is, times, within

CART_ABANDONED: Rule = {
    "all": [
        {
            "field": "signal.added-to-cart",
            "op": "did",
            "within": {"n": 14, "unit": "day"},
            "not_since": "ordered",
        }
    ]
}
REPEATED_VISIT: Rule = {
    "all": [
        {
            "any": [
                times("viewed-master-class", 3, 14),
                {
                    "all": [
                        times("viewed-master-class", 2, 14),
                        {
                            "field": "signal.read-master-class",
                            "op": "sum_gte",
                            "value": 120,
                            "within": {"n": 14, "unit": "day"},
                        },
                    ]
                },
            ]
        },
        {"field": "signal.booked-course", "op": "did_not"},
    ]
}


def _readers(*locales: str) -> Rule:
    return {
        "all": [
            {"field": "consent.marketing", "op": "given", "channel": "email"},
            {"field": "contact.locale", "op": "in", "value": list(locales)},
        ]
    }


SEGMENTS: tuple[tuple[str, str, str, Rule], ...] = (
    (
        "master-class-visitors",
        "Visited the master class page",
        "Looked at the pastry master class in the last 30 days.",
        {"all": [times("viewed-master-class", 1, 30)]},
    ),
    (
        "master-class-repeated",
        "Repeated visits to the master class",
        "Came back several times or stayed long, and has not booked: may need help.",
        REPEATED_VISIT,
    ),
    (
        "hot-visitors",
        "Hot visitors",
        "Hot, and seen in the last two weeks.",
        {"all": [field_is("temperature", "eq", "hot"), times("viewed-page", 1, 14)]},
    ),
    (
        "cart-abandoned",
        "Cart abandoned",
        "Put something into the cart in the last 14 days and did not order since.",
        CART_ABANDONED,
    ),
    ("readers-en", "Newsletter readers, English", "", _readers("en")),
    ("readers-es", "Newsletter readers, Spanish", "", _readers("es")),
    ("readers-ca", "Newsletter readers, Catalan", "", _readers("ca")),
    ("readers-ru", "Newsletter readers, Russian", "", _readers("ru")),
    ("readers-zh", "Newsletter readers, Chinese", "", _readers("zh-Hans", "zh-hans")),
    (
        "bread-lovers",
        "Bread lovers",
        "Ordered at least twice, and asked about bread or lives near a shop.",
        {
            "all": [
                times("ordered", 2),
                {
                    "any": [
                        field_is("attr.topic", "eq", "bread"),
                        field_is("contact.city", "in", ["Barcelona", "Girona"]),
                    ]
                },
            ]
        },
    ),
    (
        "sleeping-customers",
        "Sleeping customers",
        "Ordered once, but not seen for 60 days.",
        {
            "all": [
                {"field": "signal.ordered", "op": "did"},
                {
                    "field": "signal.viewed-page",
                    "op": "last_before",
                    "value": {"n": 60, "unit": "day"},
                },
            ]
        },
    ),
    (
        "big-orders",
        "Big spenders",
        "Placed an order of 80 or more within the last 90 days.",
        {"all": [within("ordered", "max_gte", 80, 90)]},
    ),
    (
        "cakes-in-mind",
        "Cakes in mind",
        "The last thing they looked at was a cake, and they have not ordered since.",
        {
            "all": [
                within("viewed-product", "latest_in", ["cakes"], 30) | {"not_since": "ordered"}
            ]
        },
    ),
    (
        "clicked-not-ordered",
        "Clicked, then nothing",
        "Clicked in a message and ordered nothing in the week after.",
        {
            "all": [
                within("clicked-mail", "not_followed", {"n": 7, "unit": "day"}, 30)
                | {"by": "ordered"},
                {
                    "field": "signal.ordered",
                    "op": "did_not",
                    "within": {"n": 30, "unit": "day"},
                },
            ]
        },
    ),
    (
        "birthday-week",
        "Birthday within a week",
        "Gets a slice of cake on the house; who agreed to be written to.",
        {
            "all": [
                field_is("attr.birthday", "yearly_within_next", {"n": 7, "unit": "day"}),
                {"field": "consent.marketing", "op": "given"},
            ]
        },
    ),
    (
        "companies-warming-up",
        "Companies warming up",
        "People of hotels, cafés and restaurants where somebody has 30 points or more.",
        {
            "all": [
                field_is("company.score", "gte", 30),
                field_is("company.attr.trade", "in", ["hotel", "café", "restaurant"]),
            ]
        },
    ),
    (
        "spring-letter-test",
        "Spring letter, first tenth",
        "A random tenth of the readers gets the new letter first.",
        {
            "all": [
                {"field": "consent.marketing", "op": "given", "channel": "email"},
                field_is("random", "in_share", [0, 10]) | {"salt": "spring letter"},
            ]
        },
    ),
    (
        "warm-professionals",
        "Warm professionals",
        "Bakes for a living and is warm or hot.",
        {
            "all": [
                field_is("attr.level", "eq", "professional"),
                field_is("temperature", "in", ["warm", "hot"]),
            ]
        },
    ),
)
"""Key, name, description, rule."""
