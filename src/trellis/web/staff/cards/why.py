"""Why somebody is hot, warm or cold: the score and the rules that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.scoring import explain as scoring
from trellis.web.staff.cards.subject import Subject

TOP = 5
"""Reasons that stand in sight; the rest unfolds."""


def why(subject: Subject) -> Mapping[str, Any]:
    """The rules that gave or took points, the weightiest first, and those that gave none."""
    score = scoring.explain(subject.id, subject.now)
    if score is None:
        return {"score": None}
    weighty = sorted(
        (rule for rule in score.rules if rule.points), key=lambda rule: -abs(rule.points)
    )
    following = score.hot_from if score.temperature == "warm" else score.warm_from
    return {
        "score": score,
        "top": weighty[:TOP],
        "more": weighty[TOP:],
        "idle": [rule for rule in score.rules if not rule.points],
        "missing": 0 if score.temperature == "hot" else following - score.score,
        "next": {"cold": "warm", "warm": "hot"}.get(score.temperature, ""),
        "at": max(0, min(100, round(100 * score.score / max(1, score.hot_from)))),
        "warm_at": max(0, min(100, round(100 * score.warm_from / max(1, score.hot_from)))),
    }
