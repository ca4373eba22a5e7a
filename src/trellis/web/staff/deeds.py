"""What people do on a website, as sentences: the names that ``t.js`` and shops send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark
from django.utils.translation import ngettext

Props = Mapping[str, Any]


class Sentence(NamedTuple):
    """What happened, as HTML; a detail under it; and how the knob looks."""

    text: str
    detail: str
    icon: str
    tone: str


class Deed(NamedTuple):
    """How one event is told: ``template`` with the place ``{thing}``, the properties that
    may name the thing (the first one that is there counts), what stands under it, and how
    the knob looks."""

    template: str
    things: tuple[str, ...]
    detail: Callable[[Props], str]
    icon: str
    tone: str = ""


def say(template: str, **values: object) -> str:
    """``template`` (translated, trusted) with each value escaped and bold."""
    bold = {key: format_html("<b>{}</b>", value) for key, value in values.items()}
    return format_html(template, **bold)


def money(amount: Any, currency: Any) -> str:
    """An amount with its currency as the reader writes numbers; "" where it is none."""
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return ""
    whole = float(amount).is_integer()
    text = number_format(amount, decimal_pos=0 if whole else 2, force_grouping=True)
    return f"{text} {currency or ''}".strip()


def _price(props: Props) -> str:
    paid = money(props.get("price") or props.get("value"), props.get("currency"))
    kind = props.get("category")
    return " · ".join(filter(None, [paid, kind if isinstance(kind, str) else ""]))


def _order(props: Props) -> str:
    items = props.get("products") or props.get("items")
    n = len(items) if isinstance(items, list) else items if isinstance(items, int) else 0
    return ngettext("%(n)d article", "%(n)d articles", n) % {"n": n} if n else ""


def _seconds(props: Props) -> str:
    n = props.get("seconds")
    if isinstance(n, bool) or not isinstance(n, int | float) or n < 1:
        return ""
    if n < 90:
        return ngettext("%(n)d second", "%(n)d seconds", int(n)) % {"n": n}
    minutes = round(n / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _where(props: Props) -> str:
    return str(props.get("path") or props.get("host") or props.get("url") or "")


def _left(props: Props) -> str:
    scroll = props.get("scroll")
    far = f"{scroll} %" if isinstance(scroll, int) else ""
    return " · ".join(filter(None, [_seconds(props), far]))


def _text(props: Props) -> str:
    return str(props.get("text") or "")


_ITEM = ("name", "title", "product", "sku", "product_id")
_PAGE = ("title", "path", "url")
DEEDS: Mapping[str, Deed] = {
    "Product Viewed": Deed(mark("Looked at the product {thing}"), _ITEM, _price, "eye"),
    "Product Added": Deed(
        mark("Put {thing} into the cart"), _ITEM, _price, "shopping-cart", "good"
    ),
    "Product Removed": Deed(
        mark("Took {thing} out of the cart"), _ITEM, _price, "shopping-cart"
    ),
    "Product Added to Wishlist": Deed(
        mark("Put {thing} on the wish list"), _ITEM, _price, "star", "good"
    ),
    "Product Removed from Wishlist": Deed(
        mark("Took {thing} off the wish list"), _ITEM, _price, "star"
    ),
    "Checkout Started": Deed(mark("Began to check out"), (), _price, "shopping-cart", "good"),
    "Order Cancelled": Deed(mark("Called off an order"), (), _price, "circle-x", "bad"),
    "Page Read": Deed(mark("Read {thing} to the end"), _PAGE, _seconds, "file-text", "good"),
    "Article Read": Deed(
        mark("Read {thing} to the end"), ("article", *_PAGE), _seconds, "file-text", "good"
    ),
    "Page Left": Deed(mark("Left {thing}"), _PAGE, _left, "door-exit"),
    "Page Revisited": Deed(mark("Came back to {thing}"), _PAGE, _where, "rotate-clockwise"),
    "Visitor Returned": Deed(mark("Came back to the site"), (), _where, "door-enter", "good"),
    "Element Clicked": Deed(
        mark("Clicked on {thing}"), ("element", "text"), _where, "hand-click"
    ),
    "Link Followed": Deed(
        mark("Followed the link {thing}"), ("text", "host", "url"), _where, "external-link"
    ),
    "File Downloaded": Deed(
        mark("Downloaded {thing}"), ("file", "name", "title"), _text, "download", "good"
    ),
    "E-book Downloaded": Deed(
        mark("Downloaded {thing}"), ("title", "name", "file"), _text, "download", "good"
    ),
    "Form Started": Deed(
        mark("Began the form {thing}"), ("form_name", "form"), _where, "forms"
    ),
    "Form Abandoned": Deed(
        mark("Left the form {thing} unsent"), ("form_name", "form"), _seconds, "forms"
    ),
    "Exit Intent": Deed(mark("Was about to leave {thing}"), _PAGE, _seconds, "door-exit"),
}
"""Event name → how it is told."""


def deed(name: str, props: Props) -> Sentence | None:
    """What a person did, in words; None where the name is not one of these."""
    if name == "Order Completed":
        paid = money(props.get("total") or props.get("value"), props.get("currency"))
        text = say(_("Bought for {amount}"), amount=paid) if paid else _("Bought")
        return Sentence(text, _order(props), "shopping-cart", "good")
    told = DEEDS.get(name)
    if told is None:
        return None
    thing = next((props[key] for key in told.things if props.get(key)), "")
    if told.things and not thing:
        thing = _("a page") if told.things is _PAGE else "–"
    return Sentence(
        say(_(told.template), thing=thing), told.detail(props), told.icon, told.tone
    )
