"""Scores as SQL: points per bucket, total, temperature and grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from trellis.rules.compiler import Compiler
from trellis.rules.counted import pending
from trellis.rules.features import Feature
from trellis.rules.parse import parse
from trellis.rules.registry import SCORE, Field
from trellis.rules.types import SIGNAL, RuleError, Span
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.types import (
    BUCKETS,
    POINTS_LIMIT,
    VALUE,
    Grades,
    GroupSpec,
    ModelSpec,
    RuleSpec,
)


class BrokenRule(NamedTuple):
    """A score rule that no longer parses, and why."""

    id: int
    why: str


def load(fields: Mapping[str, Field]) -> tuple[list[ModelSpec], list[BrokenRule]]:
    """The models that are switched on, the default one first, and their broken rules."""
    rows = ScoreModel.objects.filter(active=True).order_by("-default", "id")
    models, broken = [], []
    for row in rows.prefetch_related("rules"):
        rules = [rule for rule in row.rules.all() if rule.active]
        model, bad = spec_of(row, rules, fields)
        models.append(model)
        broken += bad
    return models, broken


def spec_of(
    row: ScoreModel, rules: list[ScoreRule], fields: Mapping[str, Field]
) -> tuple[ModelSpec, list[BrokenRule]]:
    """A model with these rules; one broken rule breaks the model, so that nobody's score
    moves because a rule was lost."""
    specs, broken = _rules_of(rules, fields)
    model = ModelSpec(
        id=row.pk,
        warm_from=row.warm_from,
        hot_from=row.hot_from,
        rules=tuple(specs),
        caps={key: int(cap) for key, cap in row.caps.items()},
        grades=Grades.read(row.grades),
        broken=broken[0].why if broken else "",
        key=row.key,
        default=row.default,
        groups=tuple(GroupSpec(**group) for group in row.groups),
        least=row.least,
        most=row.most,
    )
    return model, broken


def _rules_of(
    rules: Iterable[ScoreRule], fields: Mapping[str, Field]
) -> tuple[list[RuleSpec], list[BrokenRule]]:
    """The rules that give points, and those that cannot be read. One that reads a signal
    which is still counting the past gives nothing yet."""
    signals = {field.ref: field for field in fields.values() if field.type == SIGNAL}
    specs, broken = [], []
    for rule in rules:
        try:
            parsed = (
                None
                if rule.rule is None
                else parse(rule.rule, fields, level=SCORE, stored=True)
            )
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
                group=rule.group,
            )
        )
    return specs, broken


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
        parts = _parts(compiler, model, bucket)
        cap = min(model.caps.get(bucket, POINTS_LIMIT), POINTS_LIMIT)
        total = " + ".join(parts) or "0"
        columns.append(f"greatest(-{POINTS_LIMIT}, least({cap}, {total}))::int AS {bucket}")
    return columns


def _parts(compiler: Compiler, model: ModelSpec, bucket: str) -> list[str]:
    """What a bucket sums: rules without a group, and groups within their limits."""
    rules = [rule for rule in model.rules if rule.bucket == bucket]
    groups = {group.key: group for group in model.groups if group.bucket == bucket}
    parts = [points(compiler, rule) for rule in rules if rule.group not in groups]
    for key, group in groups.items():
        given = [points(compiler, rule) for rule in rules if rule.group == key]
        if given:
            limit = abs(group.limit)
            parts.append(f"greatest(-{limit}, least({limit}, {' + '.join(given)}))")
    return parts


def levels(compiler: Compiler, model: ModelSpec, mark: str = "") -> list[tuple[str, list[str]]]:
    """The two levels of a model as (alias, columns): ``b`` + mark has the buckets, ``v`` +
    mark score, temperature and grade."""
    return [
        (f"b{mark}", buckets(compiler, model)),
        (f"v{mark}", totals(model, f"b{mark}")),
    ]


def joined(levels: Iterable[tuple[str, list[str]]]) -> list[str]:
    """Levels as joins, each reading the ones before."""
    return [
        f"CROSS JOIN LATERAL (SELECT {', '.join(columns)} OFFSET 0) {alias}"
        for alias, columns in levels
    ]


def totals(model: ModelSpec, source: str = "b") -> list[str]:
    """Score, temperature and grade, as columns over the buckets in alias ``source``."""
    score = " + ".join(f"{source}.{bucket}" for bucket in BUCKETS)
    if model.most is not None:
        score = f"least({model.most}, {score})"
    if model.least is not None:
        score = f"greatest({model.least}, {score})"
    fit = f"{source}.demographic"
    engagement = f"({source}.interest + {source}.engagement)"
    a, b = model.grades.fit
    one, two = model.grades.engagement
    return [
        f"({score})::int AS score",
        f"CASE WHEN ({score}) >= {model.hot_from} THEN 'hot'"
        f" WHEN ({score}) >= {model.warm_from} THEN 'warm' ELSE 'cold' END AS temperature",
        f"CASE WHEN {fit} >= {a} THEN 'A' WHEN {fit} >= {b} THEN 'B' ELSE 'C' END ||"
        f" CASE WHEN {engagement} >= {one} THEN '1' WHEN {engagement} >= {two} THEN '2'"
        " ELSE '3' END AS grade",
    ]
