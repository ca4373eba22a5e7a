"""Sources of enrichment: what was asked about the person, and asking now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.enrichment import asking, queries
from trellis.web.staff.cards.subject import Subject


def enriched(subject: Subject) -> Mapping[str, Any] | None:
    """The last questions about the contact, and the sources that can be asked; None where
    no source was ever set up."""
    sources = {row.pk: row for row in queries.sources()}
    runs = queries.of_contact(subject.id)
    if not sources or not subject.contact.known:
        return None
    live = [row for row in sources.values() if row.live]
    return {
        "runs": [{"run": run, "source": sources.get(run.source_id)} for run in runs],
        "live": live,
        "objects": asking.lawful("", subject.id) == "objection",
        "may": subject.actor.may("contacts.write"),
    }
