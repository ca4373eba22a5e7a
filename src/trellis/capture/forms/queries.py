"""What pages and the API read about forms."""

from __future__ import annotations

from dataclasses import dataclass

from trellis.capture.models import Form
from trellis.core import db


@dataclass(frozen=True, kw_only=True)
class FormRow:
    """A form with how often it was sent."""

    form: Form
    submitted: int


def forms() -> list[FormRow]:
    """All forms but archived ones, with their counts, in two statements."""
    rows = list(Form.objects.filter(archived_at__isnull=True).order_by("name", "id"))
    counts = submissions([row.key for row in rows])
    return [FormRow(form=row, submitted=counts.get(row.key, 0)) for row in rows]


def submissions(keys: list[str]) -> dict[str, int]:
    """How often each form was accepted, from the counters."""
    found = db.fetch(
        "SELECT reason, sum(n) FROM core_counter"
        " WHERE name = 'form_submitted' AND reason = ANY(%s) GROUP BY reason",
        [[key[:60] for key in keys]],
    )
    return {key: int(n) for key, n in found}


def published(key: str) -> Form | None:
    """The form that visitors see under ``key``."""
    return Form.objects.filter(key=key, published=True, archived_at__isnull=True).first()
