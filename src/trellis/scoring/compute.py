"""Scores as SQL: points per bucket, total, temperature and grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trellis.rules.compiler import Compiler
from trellis.rules.features import Feature
from trellis.rules.parse import parse
from trellis.rules.registry import SCORE, Field, pending
from trellis.rules.types import SIGNAL, RuleError, Span
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.types import BUCKETS, POINTS_LIMIT, VALUE, Grades, ModelSpec, RuleSpec


class BrokenRule(NamedTuple):
    """A score rule that no longer parses, and why."""

    id: int
    why: str


def load(fields: Mapping[str, Field]) -> tuple[ModelSpec | None, list[BrokenRule]]:
    """The default model, and its rules that are broken. None where there is no model."""
    row = ScoreModel.objects.filter(default=True).order_by("id").first()
    if row is None:
        return None, []
    return spec_of(row, list(row.rules.filter(active=True)), fields)


def spec_of(
    row: ScoreModel, rules: list[ScoreRule], fields: Mapping[str, Field]
) -> tuple[ModelSpec, list[BrokenRule]]:
    """A model with these rules; one broken rule breaks the model, so that nobody's score
    moves because a rule was lost. A rule that reads a signal which is still counting the
    past gives nothing yet."""
    signals = {field.ref: field for field in fields.values() if field.type == SIGNAL}
    specs, broken = [], []
    for rule in rules:
        try:
            parsed = None if rule.rule is None else parse(rule.rule, fields, level=SCORE)
        except RuleError as error:
            broken.append(BrokenRule(rule.pk, str(error)))
            continue
        if rule.signal_id is not None and rule.signal_id not in signals:
            broken.append(BrokenRule(rule.pk, f"there is no signal {rule.signal_id}"))
            continue
        if parsed is not None and pending(parsed, fields):
            continue
        if rule.signal_id is not None and signals[rule.signal_id].pending:
            continue
        specs.append(
            RuleSpec(
                id=rule.pk,
                name=rule.name,
                bucket=rule.bucket,
                points=rule.points,
                rule=parsed,
                signal_id=rule.signal_id,
                per=rule.per,
                cap=rule.cap,
                window_days=rule.window_days,
                decay_days=rule.decay_days,
            )
        )
    model = ModelSpec(
        id=row.pk,
        warm_from=row.warm_from,
        hot_from=row.hot_from,
        rules=tuple(specs),
        caps={key: int(cap) for key, cap in row.caps.items()},
        grades=grades_of(row.grades),
        broken=broken[0].why if broken else "",
    )
    return model, broken


def grades_of(data: Mapping[str, list[int]]) -> Grades:
    """The borders as stored, or the default ones."""
    default = Grades()
    fit = data.get("fit") or default.fit
    engagement = data.get("engagement") or default.engagement
    return Grades((int(fit[0]), int(fit[1])), (int(engagement[0]), int(engagement[1])))


def points(compiler: Compiler, rule: RuleSpec) -> str:
    """SQL of the points one rule gives."""
    return _while_holding(compiler, rule, _capped(rule, _given(compiler, rule)))


def uncapped(compiler: Compiler, rule: RuleSpec) -> str:
    """SQL of the points one rule would give without its cap."""
    return _while_holding(compiler, rule, _given(compiler, rule))


def _while_holding(compiler: Compiler, rule: RuleSpec, given: str) -> str:
    if rule.rule is None:
        return given
    return f"CASE WHEN {compiler.predicate(rule.rule)} THEN {given} ELSE 0 END"


def _given(compiler: Compiler, rule: RuleSpec) -> str:
    if rule.signal_id is None:
        return str(rule.points)
    window = Span(rule.window_days, "day") if rule.window_days else None
    if window is not None:
        compiler.feature(Feature(rule.signal_id, "ends", window))
    if rule.decay_days:
        return _faded(compiler, rule, rule.signal_id, window, rule.decay_days)
    what = "sum" if rule.per == VALUE else "n"
    found = compiler.feature(Feature(rule.signal_id, what, window))
    total = f"{rule.points} * coalesce({found}, 0)"
    return f"round(({total})::numeric)" if rule.per == VALUE else total


def _faded(
    compiler: Compiler, rule: RuleSpec, signal_id: int, window: Span | None, days: int
) -> str:
    """Rounded half away from zero; counts in whole numbers, which is four times as fast."""
    if rule.per == VALUE:
        found = compiler.feature(Feature(signal_id, "fade_sum", window, days))
        return f"round({rule.points} * coalesce({found}, 0)::numeric / {days})"
    found = compiler.feature(Feature(signal_id, "fade", window, days))
    whole = f"(({2 * abs(rule.points)} * coalesce({found}, 0) + {days}) / {2 * days})"
    return whole if rule.points >= 0 else f"-{whole}"


def _capped(rule: RuleSpec, given: str) -> str:
    """Never more than the cap; points per value may be of either sign."""
    if rule.cap is None or rule.signal_id is None:
        return given
    cap = abs(rule.cap)
    if rule.per == VALUE:
        return f"greatest(-{cap}, least({cap}, {given}))"
    return f"least({cap}, {given})" if rule.points >= 0 else f"greatest(-{cap}, {given})"


def buckets(compiler: Compiler, model: ModelSpec) -> list[str]:
    """One column per bucket: the sum of its rules, within the bucket's cap."""
    columns = []
    for bucket in BUCKETS:
        parts = [points(compiler, rule) for rule in model.rules if rule.bucket == bucket]
        cap = min(model.caps.get(bucket, POINTS_LIMIT), POINTS_LIMIT)
        total = " + ".join(parts) or "0"
        columns.append(f"greatest(-{POINTS_LIMIT}, least({cap}, {total}))::int AS {bucket}")
    return columns


def totals(model: ModelSpec, source: str = "b") -> list[str]:
    """Score, temperature and grade, as columns over the buckets in alias ``source``."""
    score = " + ".join(f"{source}.{bucket}" for bucket in BUCKETS)
    fit = f"{source}.demographic"
    engagement = f"({source}.interest + {source}.engagement)"
    a, b = model.grades.fit
    one, two = model.grades.engagement
    return [
        f"{score} AS score",
        f"CASE WHEN {score} >= {model.hot_from} THEN 'hot'"
        f" WHEN {score} >= {model.warm_from} THEN 'warm' ELSE 'cold' END AS temperature",
        f"CASE WHEN {fit} >= {a} THEN 'A' WHEN {fit} >= {b} THEN 'B' ELSE 'C' END ||"
        f" CASE WHEN {engagement} >= {one} THEN '1' WHEN {engagement} >= {two} THEN '2'"
        " ELSE '3' END AS grade",
    ]
