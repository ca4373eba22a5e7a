"""The fields of scores in rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.events.fields import provide as provide_signals
from trellis.rules.registry import PROVIDERS, SCORE, Choice, Field
from trellis.rules.types import CHOICE, NUMBER
from trellis.rules.usage import USERS, Use
from trellis.scoring.models import ScoreRule

_GROUP = _("Score")
_TEMPERATURES = (
    Choice("cold", "cold", "cold"),
    Choice("warm", "warm", "warm"),
    Choice("hot", "hot", "hot"),
)
_GRADES = tuple(Choice(f"{fit}{n}", f"{fit}{n}", f"{fit}{n}") for fit in "ABC" for n in "123")

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
    ),
    Field("grade", _("grade"), CHOICE, "s.grade", choices=_GRADES, level=SCORE, group=_GROUP),
)


def provide() -> Iterable[Field]:
    """The fields; the same always."""
    return FIELDS


def uses() -> Iterable[Use]:
    """The rules of this domain; points per occurrence read a signal too."""
    keys = {field.ref: field.key for field in provide_signals()}
    for row in ScoreRule.objects.filter(active=True):
        counted = {"field": keys.get(row.signal_id or 0, ""), "op": "did"}
        yield Use("score rule", row.pk, row.name, [row.rule, counted])


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("scoring", provide)
    USERS.register("scoring", uses)
