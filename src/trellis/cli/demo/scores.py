"""The score models of the demo company: the school, and the shop beside it."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.cli.demo.conditions import Rule
from trellis.cli.demo.definitions import (
    HOT_FROM,
    SCORE_BY_RULE,
    SCORE_BY_SIGNAL,
    WARM_FROM,
    BySignal,
)

SHOP_BY_RULE: tuple[tuple[str, str, int, Rule], ...] = (
    (
        "Near one of our shops",
        "demographic",
        10,
        {"all": [{"field": "attr.shop", "op": "not_empty"}]},
    ),
    (
        "Unsubscribed",
        "engagement",
        -10,
        {"all": [{"field": "signal.unsubscribed", "op": "did"}]},
    ),
)

SHOP_BY_SIGNAL: tuple[BySignal, ...] = (
    ("Looked at a product", "interest", "", 2, "viewed-product", 16, 60, None),
    ("Put into the cart", "engagement", "", 6, "added-to-cart", 18, None, 45),
    ("Ordered", "engagement", "", 15, "ordered", 60, None, None),
)

MESSAGES_LIMIT = 12


@dataclass(frozen=True, kw_only=True)
class DemoModel:
    """A score model of the company."""

    key: str
    name: str
    default: bool
    warm_from: int
    hot_from: int
    by_rule: tuple[tuple[str, str, int, Rule], ...]
    by_signal: tuple[BySignal, ...]
    groups: tuple[dict[str, object], ...] = ()


SCORE_MODELS = (
    DemoModel(
        key="school",
        name="Interest in the school",
        default=True,
        warm_from=WARM_FROM,
        hot_from=HOT_FROM,
        by_rule=SCORE_BY_RULE,
        by_signal=SCORE_BY_SIGNAL,
        groups=(
            {
                "key": "messages",
                "name": "Messages",
                "bucket": "engagement",
                "limit": MESSAGES_LIMIT,
            },
        ),
    ),
    DemoModel(
        key="shop",
        name="Interest in the shop",
        default=False,
        warm_from=15,
        hot_from=40,
        by_rule=SHOP_BY_RULE,
        by_signal=SHOP_BY_SIGNAL,
    ),
)
