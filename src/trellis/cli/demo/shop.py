"""What the demo company sells and publishes. One catalogue feeds the history and, through
the instance's settings, the pages of the demo site."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NAME = "Farina"
CLAIM = "Pastry school and shops, Barcelona"
CURRENCY = "EUR"
SITE = "/demo-site"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A thing or a course to buy; ``art`` names the drawing the site shows."""

    id: str
    name: str
    category: str
    price: float
    art: str
    text: str
    weight: int = 2

    @property
    def path(self) -> str:
        """Its page."""
        return f"{SITE}/product/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Article:
    """Something to read."""

    id: str
    name: str
    topic: str
    minutes: int
    text: tuple[str, ...]

    @property
    def path(self) -> str:
        """Its page."""
        return f"{SITE}/article/{self.id}"


PRODUCTS: tuple[Product, ...] = (
    Product(
        id="master-class",
        name="Pastry master class",
        category="courses",
        price=240,
        art="whisk",
        weight=3,
        text="Two days at the bench with our head pastry chef: laminated dough, creams, tempering."
        " Eight places, aprons and lunch included, and you take home what you bake.",
    ),
    Product(
        id="croissant-weekend",
        name="Croissant weekend",
        category="courses",
        price=130,
        art="croissant",
        text="From the first fold to the last flake: one weekend, twenty-seven layers.",
    ),
    Product(
        id="chocolate-evening",
        name="Chocolate evening",
        category="courses",
        price=75,
        art="chocolate",
        text="Tempering without fear, four fillings, one box of bonbons to take home.",
    ),
    Product(
        id="macaron-box",
        name="Macaron box, 12 pieces",
        category="cakes",
        price=24,
        art="macaron",
        weight=5,
        text="Pistachio, raspberry, hazelnut and four that change with the market.",
    ),
    Product(
        id="sacher",
        name="Sacher, 8 portions",
        category="cakes",
        price=36,
        art="cake",
        weight=3,
        text="Dark chocolate, apricot from Lleida, and a glaze you can see yourself in.",
    ),
    Product(
        id="lemon-tart",
        name="Lemon tart, 6 portions",
        category="cakes",
        price=27,
        art="tart",
        weight=4,
        text="Sharp curd, thin crust, burnt meringue. Baked the morning you collect it.",
    ),
    Product(
        id="brioche",
        name="Butter brioche",
        category="bread",
        price=7.5,
        art="brioche",
        weight=6,
        text="Two days of slow dough, a third of it butter. We bake forty a day.",
    ),
    Product(
        id="sourdough",
        name="Country sourdough, 1 kg",
        category="bread",
        price=5.8,
        art="bread",
        weight=6,
        text="Xeixa wheat, a dark crust, and a starter older than our oldest pupil.",
    ),
    Product(
        id="starter-kit",
        name="Sourdough starter kit",
        category="tools",
        price=19,
        art="jar",
        weight=3,
        text="Our starter, a jar, a linen cloth, and a leaflet that answers every question.",
    ),
    Product(
        id="pastry-set",
        name="Pastry set, 14 pieces",
        category="tools",
        price=58,
        art="tools",
        text="The tools we hand to pupils on their first day, in a roll that lasts.",
    ),
    Product(
        id="voucher",
        name="Gift voucher",
        category="gifts",
        price=50,
        art="gift",
        text="For somebody who says they cannot bake. Valid for courses and shops.",
    ),
)

ARTICLES: tuple[Article, ...] = (
    Article(
        id="laminated-dough",
        name="Laminated dough without tears",
        topic="viennoiserie",
        minutes=6,
        text=(
            "Lamination is patience made visible. The butter must bend and not break, the dough must"
            " rest and not rise, and you must stop exactly one fold before you think you should.",
            "Keep both at 14 °C. If the butter shatters, it is too cold; if it seeps, too warm. Rest"
            " the dough whenever it pulls back: it is telling you the gluten needs ten minutes more.",
            "Three single folds give twenty-seven layers. More is not better: thinner layers melt"
            " into each other and the honeycomb closes.",
        ),
    ),
    Article(
        id="tempering",
        name="Tempering chocolate at home",
        topic="chocolate",
        minutes=5,
        text=(
            "Cocoa butter sets in six ways, and only one of them shines and snaps. Tempering is the"
            " art of letting that one win.",
            "Melt to 45 °C, cool to 27 °C while stirring, warm to 31 °C. Dip a knife: if it sets in"
            " three minutes with an even gloss, you may begin.",
            "Humidity is the enemy, not the thermometer. On a rainy day, bake a brioche instead.",
        ),
    ),
    Article(
        id="sourdough-starter",
        name="A starter that forgives you",
        topic="bread",
        minutes=7,
        text=(
            "Flour, water, a warm corner. On day three it smells of feet, and that is when most"
            " people give up. Don't: by day five the good ones have won.",
            "Feed it one to one to one. If you forget it for a month in the fridge, pour off the dark"
            " water, apologise, and feed it twice.",
            "It is ready when a spoonful floats.",
        ),
    ),
    Article(
        id="macaron-feet",
        name="Why macarons have feet",
        topic="macarons",
        minutes=4,
        text=(
            "The ruffle at the bottom is steam with nowhere else to go: the dried skin holds, the edge"
            " lifts, and the foot appears.",
            "No feet? The skin was wet. Lopsided feet? The oven was draughty. Hollow? The meringue was"
            " beaten by somebody in a hurry.",
        ),
    ),
    Article(
        id="butter",
        name="Choosing butter",
        topic="viennoiserie",
        minutes=3,
        text=(
            "Look for 84 % fat and a low melting point for brioche, a high one for lamination. The"
            " same label will not do both.",
            "Salted butter is for the table. In the dough, you want to decide yourself.",
        ),
    ),
)

CATEGORIES = {
    "courses": "Courses",
    "cakes": "Cakes",
    "bread": "Bread",
    "tools": "Tools",
    "gifts": "Gifts",
}
TOPICS = ("bread", "viennoiserie", "chocolate", "macarons", "cakes")
SHOPS = ("Gràcia", "Born", "Sants", "Girona")
EBOOK = "Twelve doughs, one method"


def as_settings(write_key: str) -> dict[str, Any]:
    """What the demo site needs, as JSON: catalogue, articles and the key it sends with."""
    return {
        "name": NAME,
        "claim": CLAIM,
        "currency": CURRENCY,
        "write_key": write_key,
        "ebook": EBOOK,
        "shops": list(SHOPS),
        "categories": CATEGORIES,
        "products": [{**asdict(product), "path": product.path} for product in PRODUCTS],
        "articles": [{**asdict(article), "path": article.path} for article in ARTICLES],
    }
