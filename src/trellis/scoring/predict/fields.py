"""The chance as a field of rules: ``predict.<key of the line>.chance``, in per cent."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from trellis.core import db
from trellis.rules.registry import SCORE, Field, Join
from trellis.rules.types import NUMBER
from trellis.scoring.models import Predictor

_LINES = "SELECT id, key, name FROM line WHERE archived_at IS NULL"


def field_key(line_id: int) -> str:
    """The key of the field of a line; "" where there is no such line."""
    return next(
        (f"predict.{key}.chance" for id_, key, _n in db.fetch(_LINES) if id_ == line_id), ""
    )


def provide() -> Iterable[Field]:
    """A field for each line whose chances are learnt."""
    learns = set(Predictor.objects.filter(active=True).values_list("line_id", flat=True))
    if not learns:
        return
    for line_id, key, name in db.fetch(_LINES):
        if line_id in learns:
            yield _field(int(line_id), key, name)


def _field(line_id: int, key: str, name: str) -> Field:
    alias = f"pr{line_id}"
    return Field(
        f"predict.{key}.chance",
        format_lazy(_("{line}: chance to be won, in per cent"), line=name),
        NUMBER,
        f"round((100 * {alias}.chance)::numeric, 1)",
        level=SCORE,
        group=_("Score"),
        join=Join(
            alias,
            f"LEFT JOIN prediction {alias} ON {alias}.contact_id = c.contact_id"
            f" AND {alias}.line_id = {line_id} AND {{scope}}",
            f"{alias}.contact_id",
        ),
    )
