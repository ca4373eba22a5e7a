"""A small world for tests of rules: people with facts, placed without the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from trellis.core import locks
from trellis.events.models import Signal, SignalDaily
from trellis.events.types import Fact
from trellis.people.models import Consent, Contact, Standing
from trellis.pipeline.derive import derive
from trellis.scoring.models import ScoreModel, ScoreRule
from trellis.segments.models import Membership, Segment

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The time of every test in this world, unless it says otherwise."""


def person(
    *, known: bool = True, attributes: Mapping[str, Any] | None = None, **fields: Any
) -> int:
    """A contact with a standing; returns its id."""
    contact = Contact.objects.create(
        known=known,
        attributes=dict(attributes or {}),
        created_at=fields.pop("created_at", NOW),
        updated_at=NOW,
        **fields,
    )
    Standing.objects.create(contact_id=contact.contact_id, first_seen=NOW, last_seen=NOW)
    return contact.contact_id


def signal(key: str, *, status: str = "live", **fields: Any) -> Signal:
    """A signal that counts an event of its own name."""
    return Signal.objects.create(
        key=key, name=key.title(), event_type="track", event_name=key, status=status, **fields
    )


def did(
    contact_id: int,
    what: Signal,
    on: date,
    n: int = 1,
    *,
    total: float = 0,
    first: datetime | None = None,
    last: datetime | None = None,
) -> None:
    """That a contact did something ``n`` times on a day."""
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    row, made = SignalDaily.objects.get_or_create(
        contact_id=contact_id,
        signal_id=what.pk,
        day=on,
        defaults={"n": n, "sum": total, "first_at": first or noon, "last_at": last or noon},
    )
    if not made:
        SignalDaily.objects.filter(pk=row.pk).update(n=row.n + n, sum=row.sum + total)


def consents(
    contact_id: int,
    given: bool,
    *,
    purpose: str = "marketing",
    channel: str = "email",
    at: datetime = NOW,
) -> None:
    """A consent given or withdrawn."""
    number = Consent.objects.count() + 1
    Consent.objects.create(
        contact_id=contact_id,
        consent_id=number,
        purpose=purpose,
        channel=channel,
        given=given,
        at=at,
        source="test",
    )


def score_rule(bucket: str, points: int, **fields: Any) -> ScoreRule:
    """A rule of the default score model."""
    model = ScoreModel.objects.get(default=True)
    name = fields.pop("name", f"{bucket} {points}")
    return ScoreRule.objects.create(
        model=model, name=name, bucket=bucket, points=points, **fields
    )


def segment(key: str, rule: Mapping[str, Any], **fields: Any) -> Segment:
    """A dynamic segment that is live."""
    return Segment.objects.create(
        key=key, name=key.title(), rule=dict(rule), status="live", **fields
    )


def settle(*contact_ids: int, now: datetime = NOW) -> list[Fact]:
    """Derive by the definitions as they are now, and return what was stated."""
    locks.forget_definitions()
    return derive(contact_ids, now, {})


def standing(contact_id: int) -> Standing:
    """The standing as it is stored."""
    return Standing.objects.get(contact_id=contact_id)


def members(key: str) -> set[int]:
    """Who is in a segment."""
    found = Segment.objects.get(key=key)
    rows = Membership.objects.filter(segment_id=found.pk)
    return {row.contact_id for row in rows}
