"""The chance that this lead is won, and what speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.scoring.predict import queries
from trellis.scoring.predict.queries import Chance
from trellis.web.staff.cards.subject import Subject

SHOWN = 6
"""Reasons on the card; the others are folded away."""


def chance(subject: Subject) -> Mapping[str, Any] | None:
    """The chance in each line where the contact is an open lead. Where no line learns,
    which its fields say, nothing is asked of the database."""
    if not any(key.startswith("predict.") for key in subject.fields):
        return None
    found = queries.of_contact(subject.id)
    if not found:
        return None
    return {"chances": [_shown(one) for one in found], "several": len(found) > 1}


def whole(chance: float) -> int:
    """A chance in whole per cents; nothing is ever certain."""
    return max(1, min(99, round(100 * chance)))


def _shown(one: Chance) -> dict[str, Any]:
    reasons = sorted(one.reasons, key=lambda reason: -abs(reason.part))
    return {
        "one": one,
        "percent": whole(one.chance),
        "usual": whole(one.usual),
        "more": one.chance >= one.usual,
        "reasons": _rows(reasons[:SHOWN]),
        "rest": _rows(reasons[SHOWN:]),
    }


def _rows(reasons: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "sentence": reason.sentence,
            "part": f"{reason.part:+.1f}".replace("-", "−"),
            "good": reason.part > 0,
        }
        for reason in reasons
    ]
