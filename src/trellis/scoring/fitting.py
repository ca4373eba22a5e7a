"""The mathematics of calibration, in plain Python: ROC, deciles, logistic weights."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

Row = Sequence[tuple[int, float]]
"""A sparse row: (place of the feature, value)."""


class Decile(NamedTuple):
    """A tenth of the leads by score: scores from ``low`` to ``high``, ``won`` of ``n``."""

    low: float
    high: float
    n: int
    won: int


class Cut(NamedTuple):
    """What stands at or above a threshold: ``n`` leads, ``won`` of them."""

    threshold: int
    n: int
    won: int


class Fit(NamedTuple):
    """A logistic fit: intercept, then weight and standard error per feature."""

    intercept: float
    weights: list[float]
    errors: list[float]


def auc(scores: Sequence[float], won: Sequence[bool]) -> float:
    """The chance that a won lead has the higher score of a won and a lost one; ties count
    half."""
    order = sorted(range(len(scores)), key=lambda place: scores[place])
    wins, losses = sum(won), len(won) - sum(won)
    if not wins or not losses:
        return 0.5
    ranks, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        ranks += (at + 1 + end) / 2 * sum(won[place] for place in order[at:end])
        at = end
    return (ranks - wins * (wins + 1) / 2) / (wins * losses)


def auc_error(area: float, wins: int, losses: int) -> float:
    """The standard error of an AUC (Hanley and McNeil, 1982)."""
    one, two = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (wins - 1) * (one - area**2) + (losses - 1) * (two - area**2)
    return math.sqrt(max(spread, 0.0) / (wins * losses))


def roc(cuts: Sequence[Cut], wins: int, losses: int, steps: int = 20) -> list[float]:
    """The share of won leads held at each share of lost ones, 0 to 1 in ``steps``."""
    points = [(0.0, 0.0)]
    points += [((cut.n - cut.won) / losses, cut.won / wins) for cut in reversed(cuts)]
    points.append((1.0, 1.0))
    found, at = [], 0
    for step in range(steps + 1):
        x = step / steps
        while at + 1 < len(points) - 1 and points[at + 1][0] <= x:
            at += 1
        (x0, y0), (x1, y1) = points[at], points[at + 1]
        found.append(y1 if x1 <= x0 else y0 + (y1 - y0) * min(1.0, (x - x0) / (x1 - x0)))
    return found


def deciles(scores: Sequence[float], won: Sequence[bool]) -> list[Decile]:
    """Ten parts of the leads, the best scores first."""
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    size, found = len(order), []
    for part in range(10):
        places = order[part * size // 10 : (part + 1) * size // 10]
        if places:
            found.append(
                Decile(
                    scores[places[-1]],
                    scores[places[0]],
                    len(places),
                    sum(won[place] for place in places),
                )
            )
    return found


def cuts(scores: Sequence[int], won: Sequence[bool]) -> list[Cut]:
    """What stands at or above each score there is, from the lowest."""
    tally: dict[int, list[int]] = {}
    for score, win in zip(scores, won, strict=True):
        row = tally.setdefault(score, [0, 0])
        row[0] += 1
        row[1] += win
    n = wins = 0
    found = []
    for score in sorted(tally, reverse=True):
        n += tally[score][0]
        wins += tally[score][1]
        found.append(Cut(score, n, wins))
    return found[::-1]


def log_odds(with_won: int, with_n: int, won: int, n: int) -> tuple[float, float]:
    """The logarithm of the odds ratio of winning with something and without it, and its
    standard error (Haldane's half a case added to each cell)."""
    a, b = with_won + 0.5, with_n - with_won + 0.5
    c, d = won - with_won + 0.5, (n - with_n) - (won - with_won) + 0.5
    return math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


def logistic(rows: Sequence[Row], won: Sequence[bool], width: int, ridge: float = 1.0) -> Fit:
    """Weights by Newton's method with a ridge, so that they stay finite where something
    was always won. The intercept is not held back."""
    size = width + 1
    weights = [0.0] * size
    hessian: list[list[float]] = []
    for _ in range(25):
        slope = [0.0] + [-ridge * weight for weight in weights[1:]]
        hessian = [[0.0] * size for _ in range(size)]
        for row, win in zip(rows, won, strict=True):
            _add(slope, hessian, row, win, weights)
        for place in range(size):
            hessian[place][place] += ridge if place else 1e-9
        step = solve(hessian, slope)
        weights = [weight + move for weight, move in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    errors = [
        math.sqrt(max(solve(hessian, _unit(place, size))[place], 0.0)) for place in range(size)
    ]
    return Fit(weights[0], weights[1:], errors[1:])


def _add(
    slope: list[float],
    hessian: list[list[float]],
    row: Row,
    win: bool,
    weights: Sequence[float],
) -> None:
    cells = [(0, 1.0), *((place + 1, value) for place, value in row)]
    chance = sigmoid(sum(weights[place] * value for place, value in cells))
    spread = max(chance * (1 - chance), 1e-9)
    for place, value in cells:
        slope[place] += (win - chance) * value
        for other, factor in cells:
            hessian[place][other] += spread * value * factor


def sigmoid(x: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def chance(fit: Fit, row: Row) -> float:
    """The chance that a fit gives a row."""
    return sigmoid(fit.intercept + sum(fit.weights[place] * value for place, value in row))


def held_back(rows: Sequence[Row], won: Sequence[bool], width: int, folds: int = 3) -> float:
    """The AUC of a logistic fit on leads that it was not fitted to, on average over the
    folds."""
    order = list(range(len(rows)))
    random.Random(0).shuffle(order)
    areas = []
    for fold in range(folds):
        mine = [place for at, place in enumerate(order) if at % folds != fold]
        others = order[fold::folds]
        fit = logistic([rows[place] for place in mine], [won[place] for place in mine], width)
        areas.append(
            auc([chance(fit, rows[place]) for place in others], [won[p] for p in others])
        )
    return sum(areas) / len(areas)


def _unit(place: int, size: int) -> list[float]:
    return [1.0 if other == place else 0.0 for other in range(size)]


def solve(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Solve a system of linear equations by elimination with pivots."""
    size = len(vector)
    table = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for place in range(size):
        best = max(range(place, size), key=lambda row: abs(table[row][place]))
        table[place], table[best] = table[best], table[place]
        pivot = table[place][place] or 1e-12
        for row in range(place + 1, size):
            factor = table[row][place] / pivot
            if factor:
                table[row] = [
                    a - factor * b for a, b in zip(table[row], table[place], strict=True)
                ]
    found = [0.0] * size
    for place in reversed(range(size)):
        known = sum(table[place][other] * found[other] for other in range(place + 1, size))
        found[place] = (table[place][size] - known) / (table[place][place] or 1e-12)
    return found
