"""What a score model would change, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trellis.core import db
from trellis.rules.compiler import Compiler
from trellis.rules.evaluate import SAMPLE, random_ids, total
from trellis.rules.params import EVERYBODY, THESE, Params
from trellis.rules.registry import Field
from trellis.scoring import compute
from trellis.scoring.types import ModelSpec


@dataclass(frozen=True, kw_only=True)
class Impact:
    """How many contacts would change: "1,204 contacts change, 37 become hot". ``exact`` is
    false where this was reckoned from a sample."""

    changed: int
    become_hot: int
    become_warm: int
    become_cold: int
    total: int
    exact: bool


def impact(model: ModelSpec, now: datetime, fields: Mapping[str, Field]) -> Impact:
    """Compare what the model gives at ``now`` with the scores as they stand."""
    everybody = total()
    exact = everybody <= 2 * SAMPLE
    params = Params()
    compiler = Compiler(fields, params=params)
    levels = [
        f"CROSS JOIN LATERAL (SELECT {', '.join(columns)} OFFSET 0) {alias}"
        for alias, columns in (
            ("b", compute.buckets(compiler, model)),
            ("v", compute.totals(model)),
        )
    ]
    became = ", ".join(
        f"count(*) FILTER (WHERE v.temperature = '{name}' AND s.temperature <> '{name}')"
        for name in ("hot", "warm", "cold")
    )
    frame = compiler.frame(EVERYBODY if exact else THESE, extra=levels)
    ids = {} if exact else {"ids": random_ids()}
    ((looked, changed, hot, warm, cold),) = db.fetch(
        "SELECT count(*), count(*) FILTER (WHERE v.score IS DISTINCT FROM s.score),"
        f" {became} {frame}",
        params.bind(now) | ids,
    )
    scale = 1.0 if exact or not looked else everybody / looked
    return Impact(
        changed=round(changed * scale),
        become_hot=round(hot * scale),
        become_warm=round(warm * scale),
        become_cold=round(cold * scale),
        total=everybody,
        exact=exact,
    )
