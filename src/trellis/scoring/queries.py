"""What pages and the API read about scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trellis.core import db
from trellis.core.sql import load
from trellis.scoring.models import ScoreModel
from trellis.scoring.types import Grades, ModelSpec

_SQL = load("trellis.scoring", "queries")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How known contacts spread over a model's bands of ten points, temperatures, grades."""

    total: int
    bands: Sequence[tuple[int, int]]
    temperatures: Mapping[str, int]
    grades: Mapping[str, int]


def spread(model: ScoreModel) -> Spread:
    """One pass over the known contacts; those whom the model gave nothing stand at zero."""
    text = _SQL["spread" if model.default else "spread_other"]
    spec = ModelSpec(
        id=model.pk,
        warm_from=model.warm_from,
        hot_from=model.hot_from,
        rules=(),
        grades=Grades.read(model.grades),
    )
    params = {"model": model.pk, "grade": spec.zero("grade").strip("'")}
    bands: dict[int, int] = {}
    temperatures: dict[str, int] = {}
    grades: dict[str, int] = {}
    for band, temperature, grade, n in db.fetch(text, params):
        bands[band] = bands.get(band, 0) + n
        temperatures[temperature] = temperatures.get(temperature, 0) + n
        grades[grade] = grades.get(grade, 0) + n
    return Spread(
        total=sum(bands.values()),
        bands=sorted(bands.items()),
        temperatures=temperatures,
        grades=grades,
    )
