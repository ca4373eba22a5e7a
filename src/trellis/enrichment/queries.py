"""What pages and the API read about sources and their runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trellis.core import db, sql
from trellis.enrichment.models import EnrichmentRun, EnrichmentSource
from trellis.people import masking
from trellis.rules.usage import Use

SINCE = timedelta(days=30)
_SQL = sql.load(__package__, "runs")


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A question about a contact, and what came of it."""

    contact_id: int
    run_id: int
    how: str
    state: str
    reason: str
    tries: int
    asked_at: datetime | None
    wake_at: datetime | None
    added: Mapping[str, Any]
    answer: str


def sources() -> list[EnrichmentSource]:
    """The sources that were set up, by name."""
    return list(EnrichmentSource.objects.filter(archived_at=None).order_by("name"))


def counts(now: datetime) -> dict[int, dict[tuple[str, str], int]]:
    """Of each source in the last 30 days: (state, reason) → how many."""
    found: dict[int, dict[tuple[str, str], int]] = {}
    for source, state, reason, n in db.fetch(_SQL["counts"], {"since": now - SINCE}):
        found.setdefault(int(source), {})[str(state), str(reason)] = int(n)
    return found


def latest(source_id: int, limit: int = 20) -> list[RunRow]:
    """The last questions of a source, the newest first."""
    rows = []
    for row in db.fetch(_SQL["latest"], {"source": source_id, "limit": limit}):
        *plain, added, answer = row
        names = (
            "contact_id", "run_id", "how", "state", "reason", "tries", "asked_at", "wake_at",
        )  # fmt: skip
        rows.append(
            RunRow(
                **dict(zip(names, plain, strict=True)),
                added=masking.value("", db.decoded(added)),
                answer=masking.body(answer),
            )
        )
    return rows


def of_contact(contact_id: int) -> Sequence[EnrichmentRun]:
    """The last questions about a contact."""
    return list(EnrichmentRun.objects.filter(contact_id=contact_id).order_by("-at")[:8])


def uses() -> Iterable[Use]:
    """The rules of this domain."""
    for row in EnrichmentSource.objects.filter(archived_at=None):
        if row.rule:
            yield Use("enrichment", row.pk, row.name, row.rule)
