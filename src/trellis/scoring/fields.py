"""The fields of scores in rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.rules.registry import PROVIDERS, SCORE, Choice, Field
from trellis.rules.types import CHOICE, NUMBER

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


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("scoring", provide)
