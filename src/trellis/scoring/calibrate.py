"""How well a model tells won leads from lost ones, and which weights would tell better.

Each lead is looked at as it was at the end of the day before its outcome (``past``), so
that nothing that belongs to the outcome itself helps to foretell it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.rules import registry
from trellis.scoring import actions, compute, drafts, fitting, past
from trellis.scoring.drafting import ModelDraft
from trellis.scoring.fitting import Cut, Decile
from trellis.scoring.models import ScoreModel
from trellis.scoring.types import ModelSpec, RuleSpec

FEWEST = 30
"""Won leads, and lost ones, below which chance would say more than the model."""
FEWEST_BY_RULE = 15
"""Leads with points of a rule, and without, below which no weight is suggested."""
REACHED = 0.1
"""The share of lost leads that may still reach the suggested hot threshold."""
CUTS = 24
MODEL, HISTORY = "model", "history"
"""Where the scores before the outcome come from: the model as it is now (or is drafted),
over the facts of that time; or the scores as they stood then."""


@dataclass(frozen=True, kw_only=True)
class RuleLift:
    """What a rule tells: of ``n`` leads with its points ``won`` were won; ``lift`` is that
    share over the share of all. ``odds`` is the logarithm of the odds ratio, right within
    ``low`` to ``high`` in 95 of 100 cases. ``suggested`` points, None where there were too
    few leads to say; ``sure`` where its weight beside all others is not near nothing."""

    ref: str
    name: str
    bucket: str
    points: int
    n: int
    won: int
    lift: float
    odds: float
    low: float
    high: float
    suggested: int | None = None
    sure: bool = False


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A model against what became of leads. ``why_not`` says why there is none.
    ``sudden`` leads ended on the day they were first seen and are left out: nothing could
    have foretold them."""

    won: int
    lost: int
    by: str
    why_not: str = ""
    auc: float = 0.5
    auc_low: float = 0.5
    auc_high: float = 0.5
    auc_suggested: float | None = None
    without_past: int = 0
    sudden: int = 0
    deciles: Sequence[Decile] = ()
    roc: Sequence[float] = ()
    cuts: Sequence[Cut] = ()
    warm: int = 0
    hot: int = 0
    rules: Sequence[RuleLift] = ()
    since: datetime | None = None
    limited: bool = False

    @property
    def share(self) -> float:
        """The share of all leads that was won."""
        return self.won / (self.won + self.lost) if self.won + self.lost else 0.0


def calibrate(actor: Actor, model_id: int, now: datetime, by: str = MODEL) -> Calibration:
    """Compare a model, with its draft where there is one, with won and lost leads."""
    require(actor, "scoring.read")
    model = actions.find_model(model_id)
    ended = past.outcomes(line_of(model))
    found = [one for one in ended if not one.sudden]
    won = sum(one.won for one in found)
    sudden = len(ended) - len(found)
    blank = Calibration(won=won, lost=len(found) - won, by=by, sudden=sudden)
    if reason := too_few(won, len(found) - won):
        return replace(blank, why_not=reason)
    drafted, rows, refs = drafts.shown(model)
    fields = registry.snapshot()
    spec, broken = compute.spec_of(drafted, [row for row in rows if row.active], fields)
    if broken:
        return replace(blank, why_not=broken[0].why)
    before = past.recomputed(spec, found, now, fields)
    found = [one for one in found if one.contact_id in before]
    points = [before[one.contact_id].points for one in found]
    if by == HISTORY:
        stood = past.stood(model.pk, found)
        scores = [stood[one.contact_id] for one in found]
    else:
        scores = [before[one.contact_id].score for one in found]
    wins = [one.won for one in found]
    told = _told(blank, scores, wins)
    rules, suggested = _rules(spec, refs, points, wins)
    return replace(
        told,
        rules=rules,
        auc_suggested=suggested,
        without_past=sum(1 for row in points if not any(row)),
        since=min(one.at for one in found),
        limited=len(ended) == past.MOST,
    )


def too_few(won: int, lost: int) -> str:
    """Why there is nothing to compare with yet; "" where there is."""
    if won >= FEWEST and lost >= FEWEST:
        return ""
    return _(
        "%(won)d won and %(lost)d lost leads are too few to learn from: at least %(n)d of"
        " each are needed. Move leads to a stage that means won or lost when they are."
    ) % {"won": won, "lost": lost, "n": FEWEST}


def line_of(model: ScoreModel) -> int:
    """The business line whose outcomes a model is held against: its own, or the default."""
    if model.line_id is not None:
        return int(model.line_id)
    rows = db.fetch('SELECT id FROM line ORDER BY "default" DESC, id LIMIT 1')
    return int(rows[0][0]) if rows else 0


def apply(
    actor: Actor,
    model_id: int,
    now: datetime,
    *,
    refs: Sequence[str] | None = None,
    thresholds: bool = False,
) -> list[drafts.Edit]:
    """Put suggested points (of some rules, or of all that are sure) and thresholds into the
    model's draft. Raises ``InvalidInput`` where there are no suggestions."""
    require(actor, "scoring.write")
    found = calibrate(actor, model_id, now)
    if found.why_not:
        raise InvalidInput(found.why_not)
    wanted = {
        rule.ref: rule.suggested
        for rule in found.rules
        if rule.suggested is not None and (rule.sure if refs is None else rule.ref in refs)
    }
    if not wanted and not thresholds:
        raise InvalidInput(_("Nothing was chosen."))
    drafts.replace(actor, model_id, wanted)
    if thresholds:
        drafts.save_settings(
            actor, model_id, ModelDraft(warm_from=found.warm, hot_from=found.hot)
        )
    return drafts.edits(actions.find_model(model_id))


def _told(blank: Calibration, scores: Sequence[int], won: Sequence[bool]) -> Calibration:
    wins = sum(won)
    losses = len(won) - wins
    area = fitting.auc(scores, won)
    error = 1.96 * fitting.auc_error(area, wins, losses)
    cuts = fitting.cuts(scores, won)
    warm, hot = _thresholds(cuts, wins, losses)
    return replace(
        blank,
        won=wins,
        lost=losses,
        auc=area,
        auc_low=max(0.0, area - error),
        auc_high=min(1.0, area + error),
        deciles=fitting.deciles(scores, won),
        roc=fitting.roc(cuts, wins, losses),
        cuts=_thinned(cuts),
        warm=warm,
        hot=hot,
    )


def _thresholds(cuts: Sequence[Cut], wins: int, losses: int) -> tuple[int, int]:
    """Warm: the score above nothing at which won and lost leads part best. Hot: above warm,
    the lowest that few lost leads reach. Both look at won and lost leads apart, so it does
    not matter how many leads are won at all."""
    given = [cut for cut in cuts if cut.threshold > 0] or list(cuts)
    best = max(given, key=lambda cut: cut.won / wins - (cut.n - cut.won) / losses)
    above = [cut for cut in cuts if cut.threshold > best.threshold]
    if not above:
        return best.threshold, best.threshold + 1
    few = [cut.threshold for cut in above if cut.n - cut.won <= REACHED * losses]
    return best.threshold, min(few, default=above[-1].threshold)


def _thinned(cuts: Sequence[Cut]) -> list[Cut]:
    if len(cuts) <= CUTS:
        return list(cuts)
    return [cuts[round(place * (len(cuts) - 1) / (CUTS - 1))] for place in range(CUTS)]


def _rules(
    spec: ModelSpec,
    refs: Mapping[int, str],
    points: Sequence[Sequence[int]],
    won: Sequence[bool],
) -> tuple[list[RuleLift], float | None]:
    """What each rule tells, and the AUC that suggested weights reach on leads held back."""
    most = [
        max((abs(row[place]) for row in points), default=0) for place in range(len(spec.rules))
    ]
    rows = [
        [(place, abs(value) / most[place]) for place, value in enumerate(row) if value]
        for row in points
    ]
    lifts = [
        _lift(rule, refs.get(rule.id, ""), [row[place] for row in points], won)
        for place, rule in enumerate(spec.rules)
    ]
    if not spec.rules:
        return lifts, None
    fit = fitting.logistic(rows, won, len(spec.rules))
    told = [
        place
        for place, lift in enumerate(lifts)
        if min(lift.n, len(won) - lift.n) >= FEWEST_BY_RULE
    ]
    weight = sum(abs(fit.weights[place]) for place in told)
    scale = sum(most[place] for place in told) / weight if weight else 0.0
    for place in told:
        wanted = fit.weights[place] * scale
        rule = spec.rules[place]
        fresh = round(wanted * abs(rule.points) / most[place])
        sure = abs(fit.weights[place]) > 1.96 * fit.errors[place]
        lifts[place] = replace(lifts[place], suggested=fresh, sure=sure and fresh != 0)
    return lifts, fitting.held_back(rows, won, len(spec.rules))


def _lift(rule: RuleSpec, ref: str, points: Sequence[int], won: Sequence[bool]) -> RuleLift:
    n = sum(1 for value in points if value)
    wins = sum(1 for value, win in zip(points, won, strict=True) if value and win)
    odds, error = fitting.log_odds(wins, n, sum(won), len(won))
    share = sum(won) / len(won)
    return RuleLift(
        ref=ref,
        name=rule.name,
        bucket=rule.bucket,
        points=rule.points,
        n=n,
        won=wins,
        lift=(wins / n) / share if n and share else 0.0,
        odds=odds,
        low=odds - 1.96 * error,
        high=odds + 1.96 * error,
    )
