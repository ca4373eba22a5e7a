"""How well chances tell: Brier score, calibration, tenths, and two rankings compared."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from trellis.scoring import fitting
from trellis.scoring.predict.types import Quality


def measure(chances: Sequence[float], won: Sequence[bool]) -> Quality:
    """Chances against what became of the leads; both outcomes must occur."""
    n, wins = len(won), sum(won)
    area = fitting.auc(chances, won)
    error = 1.96 * fitting.auc_error(area, wins, n - wins)
    share = wins / n
    return Quality(
        n=n,
        won=wins,
        auc=area,
        low=max(0.0, area - error),
        high=min(1.0, area + error),
        brier=sum((p - w) ** 2 for p, w in zip(chances, won, strict=True)) / n,
        flat=share * (1 - share),
        bins=bins(chances, won),
        tenths=[(one.n, one.won) for one in fitting.deciles(chances, won)],
    )


def bins(chances: Sequence[float], won: Sequence[bool]) -> list[tuple[float, float, int]]:
    """Leads in parts of equal size by their chance, the lowest first: mean chance, share
    that was won, how many. Ten parts where each has 30 leads, else fewer, at least three."""
    order = sorted(range(len(won)), key=lambda place: chances[place])
    parts = max(3, min(10, len(won) // 30))
    found = []
    for part in range(parts):
        places = order[part * len(order) // parts : (part + 1) * len(order) // parts]
        if places:
            mean = sum(chances[place] for place in places) / len(places)
            share = sum(won[place] for place in places) / len(places)
            found.append((mean, share, len(places)))
    return found


def difference(
    one: Sequence[float], other: Sequence[float], won: Sequence[bool]
) -> tuple[float, float, float]:
    """By how much the first ranking's area exceeds the second's, on the same leads, with
    the borders of 95 of 100 cases (DeLong and others, 1988)."""
    places = [_places(one, won), _places(other, won)]
    areas = [sum(mine) / len(mine) for mine, _theirs in places]
    spread = 0.0
    for side in (0, 1):
        gaps = [a - b for a, b in zip(places[0][side], places[1][side], strict=True)]
        mean = sum(gaps) / len(gaps)
        if len(gaps) > 1:
            spread += sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps)
    gap, error = areas[0] - areas[1], 1.96 * math.sqrt(spread)
    return gap, gap - error, gap + error


def _places(scores: Sequence[float], won: Sequence[bool]) -> tuple[list[float], list[float]]:
    """For each won lead the share of others below it, for each other the share of won ones
    above it; ties count half."""
    wins = [score for score, win in zip(scores, won, strict=True) if win]
    losses = [score for score, win in zip(scores, won, strict=True) if not win]
    below = _shares(wins, losses)
    above = [1 - share for share in _shares(losses, wins)]
    return below, above


def _shares(mine: Sequence[float], theirs: Sequence[float]) -> list[float]:
    order = sorted(theirs)
    return [
        (bisect_left(order, value) + bisect_right(order, value)) / 2 / len(order)
        for value in mine
    ]
