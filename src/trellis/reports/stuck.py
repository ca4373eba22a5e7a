"""Which leads stand in a stage for too long (D11)?

Too long is the limit of the stage, or, where it has none, longer than nine in ten of those
who moved on took. Stages where too few moved on to tell, and those beside or behind the
way (won, lost, other), keep nobody stuck; neither does the first stage of a line without a
limit: whoever only just became known need not hurry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.core import db
from trellis.core.sql import load
from trellis.leads import queries as leads
from trellis.leads.queries import StageRow
from trellis.people import masking
from trellis.reports.time_in_stage import ENOUGH, Span

_SQL = load("trellis.reports", "stuck")
MOST = 500


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How long is too long in a stage; ``by_limit``: because somebody set it so."""

    stage: StageRow
    span: timedelta
    by_limit: bool


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """A lead that stands still: since when, what is too long there, and who it is."""

    contact_id: int
    name: str
    stage_id: int
    since: datetime
    too_long: timedelta
    by_limit: bool
    score: int
    temperature: str
    last_seen: datetime | None
    owner_id: int | None
    owner: str
    proposed_id: int | None


def limits(stages: Sequence[StageRow], spans: Mapping[int, Span]) -> Sequence[Limit]:
    """What is too long in each stage, from its setting or from those who moved on."""
    found = []
    for place, stage in enumerate(stages):
        span = spans.get(stage.id)
        if stage.kind != "open":
            continue
        if stage.limit_days is not None:
            limit = Limit(stage=stage, span=timedelta(days=stage.limit_days), by_limit=True)
            found.append(limit)
        elif place > 0 and span is not None and span.n >= ENOUGH:
            longest = max(span.p90, timedelta(days=1))
            found.append(Limit(stage=stage, span=longest, by_limit=False))
    return found


def counts(line_id: int, found: Sequence[Limit], now: datetime) -> Mapping[int, int]:
    """How many leads are stuck, by stage id."""
    return dict(db.fetch(_SQL["count"], _params(line_id, found, now)))


def stuck(line_id: int, found: Sequence[Limit], now: datetime) -> Sequence[Stuck]:
    """The leads that are stuck, at most ``MOST``, the longest over their limit first."""
    rows = db.fetch(_SQL["stuck"], _params(line_id, found, now) | {"limit": MOST})
    out = []
    for row in rows:
        last, email, phone = row[6], row[7], row[8]
        if masking.veiled():
            last, email = masking.family_name(last), masking.email(email)
            phone = masking.phone(phone)
        person = f"{row[5]} {last}".strip() or email or phone
        out.append(
            Stuck(
                contact_id=row[0],
                stage_id=row[1],
                since=row[2],
                too_long=timedelta(seconds=row[3]),
                by_limit=row[4],
                name=person,
                score=row[9],
                temperature=row[10],
                last_seen=row[11],
                owner_id=row[12],
                owner=row[13],
                proposed_id=row[14],
            )
        )
    return out


def _params(line_id: int, found: Sequence[Limit], now: datetime) -> dict[str, object]:
    return {
        "line": line_id,
        "now": now,
        "stages": [limit.stage.id for limit in found],
        "seconds": [limit.span.total_seconds() for limit in found],
        "by_limit": [limit.by_limit for limit in found],
    }


def live(line_id: int) -> Sequence[StageRow]:
    """The live stages of a line, in their order."""
    return leads.live_stages(leads.stages(line_id))
