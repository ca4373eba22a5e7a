"""Why somebody is hot, warm or cold: the score and the rules that made it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from trellis.scoring import explain as scoring
from trellis.scoring.explain import RulePoints
from trellis.web.staff.cards.subject import Subject

TOP = 4
"""Reasons that stand in sight; the rest unfolds."""


class Proof(NamedTuple):
    """A rule with what it counted: how often, and when last; 0 where it counts nothing."""

    rule: RulePoints
    n: int
    last: datetime | None


def _proof(rule: RulePoints) -> Proof:
    last = rule.events[0].at if rule.days and rule.events else None
    return Proof(rule, sum(day.n for day in rule.days), last)


def why(subject: Subject) -> Mapping[str, Any]:
    """The rules that gave or took points, the weightiest first, and those that gave none."""
    score = scoring.explain(subject.id, subject.now, subject.model, subject.fields)
    if score is None:
        return {"score": None}
    weighty = sorted(
        (rule for rule in score.rules if rule.points), key=lambda rule: -abs(rule.points)
    )
    proofs = [_proof(rule) for rule in weighty]
    following = score.hot_from if score.temperature == "warm" else score.warm_from
    return {
        "score": score,
        "top": proofs[:TOP],
        "more": proofs[TOP:],
        "idle": [rule for rule in score.rules if not rule.points],
        "missing": 0 if score.temperature == "hot" else following - score.score,
        "next": {"cold": "warm", "warm": "hot"}.get(score.temperature, ""),
        "at": max(0, min(100, round(100 * score.score / max(1, score.hot_from)))),
        "warm_at": max(0, min(100, round(100 * score.warm_from / max(1, score.hot_from)))),
    }
