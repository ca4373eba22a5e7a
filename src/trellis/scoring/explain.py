"""Why 35: every rule with its points, and what it counted (S7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from trellis.core import db
from trellis.core.days import day_of
from trellis.core.sql import load
from trellis.events.behind import LATEST, Behind, behind
from trellis.rules import evaluate, windows
from trellis.rules.compiler import Compiler
from trellis.rules.explain import Explanation, explain_all
from trellis.rules.params import THESE, Params
from trellis.rules.registry import Field
from trellis.rules.types import Span, fields_of
from trellis.rules.words import sentence
from trellis.scoring import compute
from trellis.scoring.models import ScoreModel
from trellis.scoring.types import BUCKETS, POINTS_LIMIT, VALUE, ModelSpec, RuleSpec

_SQL = load("trellis.scoring", "explain")

STORED = ("score", "temperature", "grade", *BUCKETS)
"""What is kept of a score."""
DAYS = 30
"""Days shown per rule, the latest first."""


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """What a rule counted on one day: how often, the summed property, and how much of it
    still counts (1 = in full, less where it fades)."""

    day: date
    n: int
    total: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class RulePoints:
    """One rule: its points now, and why. ``uncapped`` is what it would give without its
    cap. ``condition`` explains the rule's own condition where it has one. ``events`` are the
    newest ones that the rule counted, or that its condition reads."""

    rule_id: int
    name: str
    bucket: str
    points: int
    uncapped: int
    sentence: str
    group: str = ""
    cap: int | None = None
    window_days: int | None = None
    decay_days: int | None = None
    condition: Explanation | None = None
    days: tuple[Occurrence, ...] = ()
    events: tuple[Behind, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Limited:
    """A limit that took points away (or, below, gave some): ``kind`` group, bucket or
    total; what was ``given`` by what it limits, and what of that is ``counted``."""

    kind: str
    name: str
    limit: int
    given: int
    counted: int

    @property
    def points(self) -> int:
        """What the limit changes."""
        return self.counted - self.given


@dataclass(frozen=True, kw_only=True)
class ScoreExplanation:
    """The whole score of a contact by one model. The points of the ``rules`` and of the
    ``limits`` add up to ``score``. ``buckets`` are after their caps. ``frozen`` says why the
    model is not computed; "" where it is."""

    model_id: int
    model: str
    score: int
    temperature: str
    grade: str
    buckets: Mapping[str, int]
    caps: Mapping[str, int]
    warm_from: int
    hot_from: int
    rules: tuple[RulePoints, ...] = ()
    limits: tuple[Limited, ...] = ()
    frozen: str = ""
    stored: Mapping[str, Any] = field(default_factory=dict)


def explain(
    contact_id: int,
    now: datetime,
    model: int | ScoreModel | None = None,
    fields: Mapping[str, Field] | None = None,
) -> ScoreExplanation | None:
    """Explain the score of a contact at ``now`` with the very SQL that computes it.

    Of the default model, or of another; ``fields`` are those of the epoch where the caller
    has them. None where there is no such contact or model. The number of queries does not
    depend on how many rules there are.
    """
    fields = evaluate.fields() if fields is None else fields
    found = _model(model, fields)
    if found is None:
        return None
    name, spec = found
    row = _compute(spec, contact_id, now, fields)
    if row is None:
        return None
    given, (score, temperature, grade, *buckets), standing = row
    days = _days(spec, contact_id)
    reads = {rule.id: _signals(rule, fields) for rule in spec.rules}
    conditions = _conditions(spec, contact_id, now, fields)
    events = behind(contact_id, sorted({one for found in reads.values() for one in found}))
    return ScoreExplanation(
        model_id=spec.id,
        model=name,
        score=score,
        temperature=temperature,
        grade=grade,
        buckets=dict(zip(BUCKETS, buckets, strict=True)),
        caps=spec.caps,
        warm_from=spec.warm_from,
        hot_from=spec.hot_from,
        rules=tuple(
            replace(
                _one(rule, points, conditions.get(rule.id), now, fields, days),
                events=_events(reads[rule.id], events) if points[1] else (),
            )
            for rule, points in zip(spec.rules, given, strict=True)
        ),
        limits=tuple(_limits(spec, [points for points, _plain in given], score, buckets)),
        frozen=spec.broken,
        stored=_stored(standing if spec.default else _written(contact_id, spec)),
    )


def _limits(
    model: ModelSpec, points: Sequence[int], score: int, buckets: Sequence[int]
) -> Iterator[Limited]:
    """The limits that made a difference, from the smallest to the largest thing limited."""
    sums = dict.fromkeys(BUCKETS, 0)
    groups = {group.key: group for group in model.groups}
    given: dict[str, int] = {}
    for rule, got in zip(model.rules, points, strict=True):
        if rule.group in groups and groups[rule.group].bucket == rule.bucket:
            given[rule.group] = given.get(rule.group, 0) + got
        else:
            sums[rule.bucket] += got
    for key, got in given.items():
        group = groups[key]
        counted = max(-abs(group.limit), min(abs(group.limit), got))
        sums[group.bucket] += counted
        if counted != got:
            yield Limited(
                kind="group", name=group.name, limit=group.limit, given=got, counted=counted
            )
    for bucket, counted in zip(BUCKETS, buckets, strict=True):
        if counted != sums[bucket]:
            limit = model.caps.get(bucket, POINTS_LIMIT)
            yield Limited(
                kind="bucket", name=bucket, limit=limit, given=sums[bucket], counted=counted
            )
    total = sum(buckets)
    if score != total:
        bound = model.most if score < total else model.least
        yield Limited(kind="total", name="", limit=bound or 0, given=total, counted=score)


def _model(
    wanted: int | ScoreModel | None, fields: Mapping[str, Field]
) -> tuple[str, ModelSpec] | None:
    row = wanted if isinstance(wanted, ScoreModel) else _read(wanted)
    if row is None:
        return None
    return row.name, compute.spec_of(row, list(row.rules.filter(active=True)), fields)[0]


def _read(model_id: int | None) -> ScoreModel | None:
    wanted = {"default": True} if model_id is None else {"pk": model_id}
    return ScoreModel.objects.filter(**wanted).order_by("id").first()


def _compute(
    model: ModelSpec, contact_id: int, now: datetime, fields: Mapping[str, Field]
) -> tuple[list[tuple[int, int]], Sequence[Any], Sequence[Any]] | None:
    """The points of each rule with and without its cap, the totals, and what stands stored
    by the default model; None where there is no such contact."""
    params = Params()
    compiler = Compiler(fields, params=params)
    points = [
        f"{compute.points(compiler, rule)}, {compute.uncapped(compiler, rule)}"
        for rule in model.rules
    ]
    levels = compute.joined(compute.levels(compiler, model))
    totals = ["v.score", "v.temperature", "v.grade", *(f"b.{bucket}" for bucket in BUCKETS)]
    stands = [f"s.{column}" for column in STORED]
    rows = db.fetch(
        f"SELECT {', '.join([*totals, *stands, *points])} {compiler.frame(THESE, extra=levels)}",
        params.bind(now) | {"ids": [contact_id]},
    )
    if not rows:
        return None
    head, rest = rows[0][: len(totals)], rows[0][len(totals) :]
    standing, tail = rest[: len(stands)], rest[len(stands) :]
    pairs = zip(tail[::2], tail[1::2], strict=True)
    return [(int(capped), int(plain)) for capped, plain in pairs], head, standing


def _conditions(
    model: ModelSpec, contact_id: int, now: datetime, fields: Mapping[str, Field]
) -> dict[int, Explanation]:
    """The rules of a model that have a condition, each with its explanation."""
    asked = {rule.id: rule.rule for rule in model.rules if rule.rule is not None}
    found = explain_all(list(asked.values()), contact_id, now, fields)
    return dict(zip(asked, found, strict=True))


def _one(
    rule: RuleSpec,
    points: tuple[int, int],
    condition: Explanation | None,
    now: datetime,
    fields: Mapping[str, Field],
    days: Mapping[int, list[tuple[date, int, float]]],
) -> RulePoints:
    return RulePoints(
        rule_id=rule.id,
        name=rule.name,
        bucket=rule.bucket,
        points=points[0],
        uncapped=points[1],
        sentence=rule_sentence(rule, fields),
        group=rule.group,
        cap=rule.cap,
        window_days=rule.window_days,
        decay_days=rule.decay_days,
        condition=condition,
        days=_occurrences(rule, day_of(now), days),
    )


def _signals(rule: RuleSpec, fields: Mapping[str, Field]) -> set[int]:
    """The signals whose events a rule counts or its condition reads."""
    found = {rule.signal_id} if rule.signal_id is not None else set()
    for key in fields_of(rule.rule) if rule.rule is not None else ():
        if key.startswith("signal.") and key in fields:
            found.add(int(fields[key].ref))
    return found


def _events(
    signal_ids: set[int], events: Mapping[int, tuple[Behind, ...]]
) -> tuple[Behind, ...]:
    rows = [row for number in signal_ids for row in events.get(number, ())]
    return tuple(sorted(rows, key=lambda row: row.at, reverse=True)[:LATEST])


def rule_sentence(rule: RuleSpec, fields: Mapping[str, Field]) -> str:
    """A score rule in words."""
    if rule.signal_id is None:
        assert rule.rule is not None, "a rule has a condition or a signal"
        return sentence(rule.rule, fields)
    labels = {
        found.ref: str(found.label) for found in fields.values() if found.type == "signal"
    }
    name = {"points": rule.points, "signal": labels.get(rule.signal_id, "")}
    if rule.per == VALUE:
        words = _("%(points)s × the value of each %(signal)s") % name
    else:
        words = _("%(points)s for each %(signal)s") % name
    if rule.window_days:
        words += _(", of the last %(n)s days") % {"n": rule.window_days}
    if rule.decay_days:
        words += _(", fading to nothing over %(n)s days") % {"n": rule.decay_days}
    if rule.cap is not None:
        words += _(", at most %(cap)s points") % {"cap": rule.cap}
    if rule.rule is not None:
        words += _(", while %(rule)s") % {"rule": sentence(rule.rule, fields)}
    return words


def _days(model: ModelSpec, contact_id: int) -> dict[int, list[tuple[date, int, float]]]:
    ids = sorted({rule.signal_id for rule in model.rules if rule.signal_id is not None})
    found: dict[int, list[tuple[date, int, float]]] = {}
    for signal_id, day, n, total in db.fetch(
        _SQL["days"], {"contact": contact_id, "signals": ids}
    ):
        found.setdefault(signal_id, []).append((day, n, total))
    return found


def _occurrences(
    rule: RuleSpec, today: date, days: Mapping[int, list[tuple[date, int, float]]]
) -> tuple[Occurrence, ...]:
    out = []
    for day, n, total in days.get(rule.signal_id or 0, []):
        if rule.window_days and day <= windows.since(today, Span(rule.window_days, "day")):
            continue
        weight = 1.0
        if rule.decay_days:
            weight = max(0.0, min(1.0, 1 - (today - day).days / rule.decay_days))
        if weight > 0:
            out.append(Occurrence(day=day, n=n, total=total, weight=weight))
    return tuple(out[:DAYS])


def _stored(row: Sequence[Any]) -> dict[str, Any]:
    """The score as it stands; empty where nothing was computed yet."""
    return dict(zip(STORED, row, strict=True)) if row and row[0] is not None else {}


def _written(contact_id: int, model: ModelSpec) -> Sequence[Any]:
    """What another model than the default one wrote."""
    rows = db.fetch(_SQL["stored_other"], {"contact": contact_id, "model": model.id})
    return rows[0] if rows else ()
