"""Who, in full: where they are and what they told, each with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.web.staff.cards.subject import Subject


def facts(subject: Subject) -> Mapping[str, Any]:
    """The fields every contact has; they stand in the contact."""
    return {"contact": subject.contact}


def attributes(subject: Subject) -> Mapping[str, Any] | None:
    """The attributes with their labels and where each value came from."""
    contact = subject.contact
    rows = []
    for key, value in contact.attributes.items():
        definition = subject.attributes.get(key)
        rows.append(
            {
                "key": key,
                "label": definition.label if definition else key,
                "bucket": definition.bucket if definition else "",
                "value": ", ".join(map(str, value)) if isinstance(value, list) else value,
                "from": contact.provenance.get(key) or {},
            }
        )
    rows.sort(key=lambda row: (row["bucket"], row["label"]))
    return {"rows": rows} if rows else None
