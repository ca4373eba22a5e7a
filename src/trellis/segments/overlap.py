"""How segments overlap: how many are in each combination of two to five of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from trellis.core import db
from trellis.core.errors import InvalidInput
from trellis.core.sql import load
from trellis.segments.models import Segment

FEWEST, MOST = 2, 5

_SQL = load("trellis.segments", "membership")


@dataclass(frozen=True, kw_only=True)
class Part:
    """How many people are in exactly these segments of the chosen ones (and in no other)."""

    inside: tuple[int, ...]
    n: int


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The chosen segments in order, the people of each combination (largest first), those
    in all of them, and those in at least one."""

    segments: Sequence[Segment]
    parts: Sequence[Part]
    shared: int
    total: int


def overlap(segment_ids: Sequence[int]) -> Overlap:
    """Count the combinations of some segments, in one pass over their members. Raises
    ``InvalidInput`` unless two to five live segments are named."""
    ids = list(dict.fromkeys(segment_ids))
    rows = {row.pk: row for row in Segment.objects.filter(pk__in=ids, archived_at=None)}
    chosen = [rows[id_] for id_ in ids if id_ in rows]
    if not FEWEST <= len(chosen) <= MOST or len(chosen) != len(ids):
        raise InvalidInput(_("Choose two to five segments."))
    parts = []
    for mask, n in db.fetch(_SQL["overlap"], {"segments": ids}):
        inside = tuple(id_ for bit, id_ in enumerate(ids) if mask >> bit & 1)
        parts.append(Part(inside=inside, n=int(n)))
    parts.sort(key=lambda part: (-part.n, -len(part.inside), part.inside))
    return Overlap(
        segments=chosen,
        parts=parts,
        shared=sum(part.n for part in parts if len(part.inside) == len(ids)),
        total=sum(part.n for part in parts),
    )


def rule_of(inside: Sequence[str], outside: Sequence[str]) -> dict[str, Any]:
    """The rule for those who are in all of some segments (keys) and in none of others."""
    leaves: list[dict[str, Any]] = [
        {"field": "segment", "op": "in", "value": [key]} for key in inside
    ]
    if outside:
        leaves.append({"field": "segment", "op": "not_in", "value": list(outside)})
    return {"all": leaves}
