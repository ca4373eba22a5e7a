"""What a new instance counts from its first event on, so that rules can use it at once."""

from __future__ import annotations

from trellis.events import names, signals
from trellis.events.types import PAGE, STANDARD_NAMES, SYSTEM, TRACK

SIGNALS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Viewed a page", PAGE, STANDARD_NAMES[PAGE], "", "engagement"),
    ("Read a page to the end", TRACK, names.PAGE_READ, "", "interest"),
    ("Time on pages", TRACK, names.PAGE_LEFT, "seconds", "engagement"),
    ("Saw a page again", TRACK, names.PAGE_REVISITED, "", "interest"),
    ("Came back to the site", TRACK, names.VISITOR_RETURNED, "", "engagement"),
    ("Clicked a chosen element", TRACK, names.ELEMENT_CLICKED, "", "engagement"),
    ("Downloaded a file", TRACK, names.FILE_DOWNLOADED, "", "interest"),
    ("Viewed a product", TRACK, names.PRODUCT_VIEWED, "", "interest"),
    ("Added to cart", TRACK, names.PRODUCT_ADDED, "price", "engagement"),
    ("Put on the wish list", TRACK, names.PRODUCT_WISHED, "price", "interest"),
    ("Ordered", TRACK, names.ORDER_COMPLETED, "total", "engagement"),
    ("Began a form", TRACK, names.FORM_STARTED, "", "engagement"),
    ("Sent a form", TRACK, names.FORM_SUBMITTED, "", "engagement"),
    ("Left a form unfinished", TRACK, names.FORM_ABANDONED, "", "engagement"),
    ("Was about to leave", TRACK, names.EXIT_INTENT, "", "engagement"),
    ("Opened a message", SYSTEM, names.MESSAGE_OPENED, "", "engagement"),
    ("Clicked in a message", SYSTEM, names.MESSAGE_CLICKED, "", "engagement"),
)
"""Name, type and name of the event, summed property, bucket."""


def put() -> int:
    """Have the behaviour of ``SIGNALS`` counted; returns how many signals there are for it.
    Those that exist are left as they are."""
    for name, kind, event, value, bucket in SIGNALS:
        signals.ensure(kind, event, None, value, name=name, bucket=bucket)
    return len(SIGNALS)
