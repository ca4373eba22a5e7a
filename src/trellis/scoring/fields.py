"""The fields of scores in rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from trellis.events.fields import provide as provide_signals
from trellis.rules.registry import COMPANIES, PROVIDERS, SCORE, Choice, Field, Join, Past
from trellis.rules.types import CHOICE, DATE, NUMBER
from trellis.rules.usage import USERS, Use
from trellis.scoring import companies
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.scoring.predict import fields as predict
from trellis.scoring.types import Grades, ModelSpec

_GROUP = _("Score")
_TEMPERATURES = (
    Choice("cold", _("cold"), "cold"),
    Choice("warm", _("warm"), "warm"),
    Choice("hot", _("hot"), "hot"),
)
_GRADES = tuple(Choice(f"{fit}{n}", f"{fit}{n}", f"{fit}{n}") for fit in "ABC" for n in "123")

_SINCE = "coalesce(s.temperature_on, (s.first_seen AT TIME ZONE {zone})::date)"

FIELDS: tuple[Field, ...] = (
    Field("score", _("score"), NUMBER, "s.score", level=SCORE, group=_GROUP),
    Field(
        "score.demographic",
        _("demographic score"),
        NUMBER,
        "s.demographic",
        level=SCORE,
        group=_GROUP,
    ),
    Field(
        "score.interest", _("interest score"), NUMBER, "s.interest", level=SCORE, group=_GROUP
    ),
    Field(
        "score.engagement",
        _("engagement score"),
        NUMBER,
        "s.engagement",
        level=SCORE,
        group=_GROUP,
    ),
    Field(
        "temperature",
        _("temperature"),
        CHOICE,
        "s.temperature",
        choices=_TEMPERATURES,
        level=SCORE,
        group=_GROUP,
        since=_SINCE,
    ),
    Field(
        "temperature.since",
        _("temperature since"),
        DATE,
        _SINCE,
        level=SCORE,
        group=_GROUP,
    ),
    Field("grade", _("grade"), CHOICE, "s.grade", choices=_GRADES, level=SCORE, group=_GROUP),
    Field(
        companies.FIELD,
        _("score of the company"),
        NUMBER,
        "ks.score",
        level=SCORE,
        group=COMPANIES,
        join=Join("ks", "LEFT JOIN company_score ks ON ks.company_id = c.company_id"),
    ),
)


_LABELS = {
    "total": _("total"),
    "demographic": _("demographic"),
    "interest": _("interest"),
    "engagement": _("engagement"),
    "temperature": _("temperature"),
    "grade": _("grade"),
}


def field_key(model_key: str, part: str) -> str:
    """The key of a part of a model's score in rules: ``score.<model key>.total`` …"""
    return f"score.{model_key}.{'total' if part == 'score' else part}"


def provide() -> Iterable[Field]:
    """The fields of the default model under short names, and those of each model in use
    under its own."""
    rows = list(ScoreModel.objects.filter(active=True).order_by("name", "id"))
    default = next((row.pk for row in rows if row.default), 0)
    for field in FIELDS:
        part = field.key.rpartition(".")[2]
        mine = field.key.startswith("score") and default
        yield replace(field, past=_past(default, part)) if mine else field
    for row in rows:
        model = ModelSpec(
            id=row.pk,
            key=row.key,
            default=row.default,
            warm_from=row.warm_from,
            hot_from=row.hot_from,
            rules=(),
            grades=Grades.read(row.grades),
        )
        for part, column in model.columns.items():
            yield _of_model(row, field_key(row.key, part), part, column)


def _of_model(row: ScoreModel, key: str, part: str, column: str) -> Field:
    choices = {"temperature": _TEMPERATURES, "grade": _GRADES}.get(part)
    past = None if part == "grade" else _past(row.pk, part)
    return Field(
        key,
        f"{row.name}: {_LABELS['total' if part == 'score' else part]}",
        NUMBER if choices is None else CHOICE,
        column,
        choices=choices,
        level=SCORE,
        group=_GROUP,
        past=past,
    )


def _past(model_id: int, part: str) -> Past:
    """Where the former values of a part of a score stand (``ScoreDay``)."""
    zero = "'cold'" if part == "temperature" else "0"
    return Past("score_day", f"h.model_id = {int(model_id)}", part, zero)


def uses() -> Iterable[Use]:
    """The rules of this domain; points per occurrence read a signal too."""
    keys = {field.ref: field.key for field in provide_signals()}
    for row in ScoreRule.objects.filter(active=True):
        counted = {"field": keys.get(row.signal_id or 0, ""), "op": "did"}
        yield Use("score rule", row.pk, row.name, [row.rule, counted])


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("scoring", provide)
    PROVIDERS.register("predict", predict.provide)
    USERS.register("scoring", uses)
