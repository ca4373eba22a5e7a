"""The mathematics of learning, with scikit-learn: a logistic regression with a ridge, whose
strength is chosen by cross-validation, calibrated on leads it was not fitted to (Platt).

Its calibration is a straight line in log odds, so the result stays a sum of parts that can
be told one by one. The library is loaded inside the job only; no other module does that.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from trellis.scoring import fitting
from trellis.scoring.predict import quality
from trellis.scoring.predict.types import Input, Learnt, Refusal

FOLDS = 5
HELD = 0.3
"""The share of the leads, the newest, that is held back to try what was learnt."""
FEWEST_HELD = 15
"""Leads of each outcome among those held back; with fewer, each fifth is held back in turn."""
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Strengths that are tried, as scikit-learn counts them: the smaller, the stronger."""

Table = Sequence[Sequence[float]]
Told = Callable[[int], None]


def missing() -> bool:
    """Whether the extra ``predict`` is not installed; loads nothing."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("sklearn") is None


class _Line(NamedTuple):
    """Log odds of a row: ``base`` and a weight for each unit from the mean."""

    base: float
    weights: Sequence[float]
    means: Sequence[float]

    def chance(self, row: Sequence[float]) -> float:
        terms = zip(self.weights, row, self.means, strict=True)
        return fitting.sigmoid(self.base + sum(w * (x - mean) for w, x, mean in terms))


def learn(
    inputs: Sequence[Input],
    table: Table,
    won: Sequence[bool],
    scores: Sequence[float],
    told: Told,
) -> Learnt:
    """Learn from leads in the order of their outcomes, the oldest first: the values of their
    inputs, whether each was won, and its score at that time. ``told`` hears of progress in
    per cent and may raise ``Refusal`` to stop. Raises ``Refusal`` where the extra is
    missing, or where nothing tells them apart better than chance."""
    if missing():
        raise Refusal("extra")
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        tests, held = _held(won)
        chances, rivals = [0.0] * len(won), [0.0] * len(won)
        for number, test in enumerate(tests):
            told(round(80 * number / len(tests)))
            _try(table, won, scores, test, chances, rivals)
        told(80)
        whole = _fit(table, won)
    places = sorted(place for test in tests for place in test)
    wins = [won[place] for place in places]
    mine = [chances[place] for place in places]
    found = quality.measure(mine, wins)
    if found.low <= 0.5:
        raise Refusal("chance", {"auc": found.auc, "low": found.low, "high": found.high})
    theirs = [rivals[place] for place in places]
    ahead = quality.difference(mine, [scores[place] for place in places], wins)
    weighed = zip(inputs, whole.weights, strict=True)
    return Learnt(
        base=whole.base,
        inputs=[replace(one, weight=weight) for one, weight in weighed],
        quality=found,
        rival=quality.measure(theirs, wins),
        held=held,
        ahead=ahead[0],
        ahead_low=ahead[1],
        ahead_high=ahead[2],
    )


def _held(won: Sequence[bool]) -> tuple[list[list[int]], str]:
    """The leads to try it on: the newest, or each fifth in turn where too few of those were
    won or lost."""
    first = round(len(won) * (1 - HELD))
    early, late = won[:first], won[first:]
    if (
        min(sum(late), len(late) - sum(late))
        >= FEWEST_HELD
        <= min(sum(early), len(early) - sum(early))
    ):
        return [list(range(first, len(won)))], "time"
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    marks = [int(win) for win in won]
    return [[int(n) for n in test] for _rest, test in folds.split(marks, marks)], "folds"


def _try(
    table: Table,
    won: Sequence[bool],
    scores: Sequence[float],
    test: Sequence[int],
    chances: list[float],
    rivals: list[float],
) -> None:
    """Learn from all leads but some, and give those a chance; the score too, put on the
    same scale from the same leads."""
    away = set(test)
    rest = [place for place in range(len(won)) if place not in away]
    wins = [won[place] for place in rest]
    line = _fit([table[place] for place in rest], wins)
    rival = _straight([scores[place] for place in rest], wins)
    for place in test:
        chances[place] = line.chance(table[place])
        rivals[place] = rival.chance([scores[place]])


def _fit(table: Table, won: Sequence[bool]) -> _Line:
    """A ridge of the best strength, its log odds straightened on leads it did not see."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict

    means, spreads = _scale(table)
    rows = [
        [(x - mean) / spread for x, mean, spread in zip(row, means, spreads, strict=True)]
        for row in table
    ]
    marks = [int(win) for win in won]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    ridge = LogisticRegression(max_iter=1000)
    search = GridSearchCV(ridge, {"C": list(RIDGES)}, scoring="neg_log_loss", cv=folds)
    best: Any = search.fit(rows, marks).best_estimator_
    unseen = cross_val_predict(best, rows, marks, cv=folds, method="decision_function")
    line = _straight([float(value) for value in unseen], won)
    slope = max(0.0, line.weights[0])
    offset = line.base - line.weights[0] * line.means[0]
    weights = [
        slope * float(weight) / spread
        for weight, spread in zip(best.coef_[0], spreads, strict=True)
    ]
    return _Line(slope * float(best.intercept_[0]) + offset, weights, means)


def _straight(values: Sequence[float], won: Sequence[bool]) -> _Line:
    """Numbers of any scale as log odds (Platt, 1999), with his remedy against certainty."""
    wins = sum(won)
    high, low = (wins + 1) / (wins + 2), 1 / (len(won) - wins + 2)
    (mean,), (spread,) = _scale([[value] for value in values])
    from sklearn.linear_model import LogisticRegression

    # each lead counts as won and as not won, by his shares
    rows = [[(value - mean) / spread] for value in values] * 2
    marks = [1] * len(won) + [0] * len(won)
    shares = [high if win else low for win in won]
    line: Any = LogisticRegression(C=1e4, max_iter=1000)
    line.fit(rows, marks, sample_weight=shares + [1 - share for share in shares])
    return _Line(float(line.intercept_[0]), [float(line.coef_[0][0]) / spread], [mean])


def _scale(table: Table) -> tuple[list[float], list[float]]:
    means, spreads = [], []
    for column in zip(*table, strict=True):
        mean = sum(column) / len(column)
        means.append(mean)
        spreads.append(math.sqrt(sum((x - mean) ** 2 for x in column) / len(column)) or 1.0)
    return means, spreads
