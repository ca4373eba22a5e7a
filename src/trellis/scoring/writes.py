"""SQL that writes scores beside the standing: other models, and the history of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trellis.rules.compiler import Compiler
from trellis.rules.params import Scope
from trellis.scoring.types import BUCKETS, ModelSpec

PARTS = (*BUCKETS, "score", "temperature")
"""What history keeps; the grade follows from the buckets."""


class _Followed(NamedTuple):
    model: ModelSpec
    parts: Mapping[str, str]

    @property
    def mark(self) -> str:
        return f"m{self.model.id}"

    def before(self, part: str) -> str:
        if self.model.default:
            return f"s.{part}"
        return f"coalesce(o{self.model.id}.{part}, {self.model.zero(part)})"

    def moved(self, *parts: str) -> str:
        tests = [f"{self.before(part)} IS DISTINCT FROM {self.parts[part]}" for part in parts]
        return f"({' OR '.join(tests)})"


def settled(model: ModelSpec, mark: str) -> dict[str, str]:
    """Part of the score to the column of the level that derives it."""
    parts = {bucket: f"b{mark}.{bucket}" for bucket in BUCKETS}
    return parts | {name: f"v{mark}.{name}" for name in ("score", "temperature", "grade")}


class History:
    """What the derivation adds to its statement so that, where a score changed, other
    models are written to ``score`` and every model to ``score_day``."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._followed: list[_Followed] = []

    def follow(self, model: ModelSpec, parts: Mapping[str, str]) -> None:
        """Write this model too; ``parts`` are the columns that derive it."""
        self._followed.append(_Followed(model, parts))

    @property
    def _others(self) -> list[_Followed]:
        return [one for one in self._followed if not one.model.default]

    def joins(self, scope: Scope) -> list[str]:
        """The joins that offer what other models wrote before."""
        return [
            f"LEFT JOIN score o{one.model.id} ON o{one.model.id}.contact_id = c.contact_id"
            f" AND o{one.model.id}.model_id = {one.model.id}"
            f" AND {scope.of(f'o{one.model.id}.contact_id')}"
            for one in self._others
        ]

    def changes(self) -> list[str]:
        """Tests of which one holds where something of another model is to be written."""
        return [one.moved(*PARTS, "grade") for one in self._others]

    def columns(self) -> list[str]:
        """Columns that the inner query hands on to ``writes``."""
        found = [f"{one.moved(*PARTS)} AS {one.mark}_moved" for one in self._followed]
        for one in self._others:
            found += [f"{column} AS {one.mark}_{part}" for part, column in one.parts.items()]
            found.append(f"{one.moved(*PARTS, 'grade')} AS {one.mark}_written")
        return found

    def writes(self) -> str:
        """The parts of the statement that write; they read ``moved``."""
        text = ""
        if self._others:
            text += (
                ",\nscored AS (INSERT INTO score AS t (contact_id, model_id,"
                f" {', '.join((*PARTS, 'grade'))})\nSELECT m.contact_id, x.*"
                f" FROM moved m CROSS JOIN LATERAL ({self._rows()}) x\n"
                f"ON CONFLICT (contact_id, model_id) DO UPDATE SET {_puts((*PARTS, 'grade'))})"
            )
        if self._followed:
            text += (
                ",\ndays AS (INSERT INTO score_day AS t (contact_id, model_id, day,"
                f" {', '.join(PARTS)})\nSELECT m.contact_id, x.*"
                f" FROM moved m CROSS JOIN LATERAL ({self._days()}) x\n"
                f"ON CONFLICT (contact_id, model_id, day) DO UPDATE SET {_puts(PARTS)})"
            )
        return text

    def _rows(self) -> str:
        return " UNION ALL ".join(
            f"SELECT {one.model.id},"
            f" {', '.join(f'm.{one.mark}_{part}' for part in (*PARTS, 'grade'))}"
            f" WHERE m.{one.mark}_written"
            for one in self._others
        )

    def _days(self) -> str:
        today = self._compiler.params.today()
        return " UNION ALL ".join(
            f"SELECT {one.model.id}, {today}, {', '.join(_handed(one))} WHERE m.{one.mark}_moved"
            for one in self._followed
        )


def _handed(one: _Followed) -> list[str]:
    prefix = "m." if one.model.default else f"m.{one.mark}_"
    return [f"{prefix}{part}" for part in PARTS]


def _puts(parts: tuple[str, ...]) -> str:
    return ", ".join(f"{part} = EXCLUDED.{part}" for part in parts)
