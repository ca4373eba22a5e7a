"""Sources of enrichment: what was asked about the person, and asking now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.enrichment import asking, queries
from trellis.people.consent import EVERY_CHANNEL
from trellis.people.models import Consent
from trellis.web.staff.cards.subject import Subject


def enriched(subject: Subject) -> Mapping[str, Any] | None:
    """The last questions about the contact, and the sources that can be asked; None where
    no source was ever set up."""
    sources = {row.pk: row for row in queries.sources()} if subject.contact.known else {}
    if not sources:
        return None
    runs = queries.of_contact(subject.id)
    said = next((row.given for row in subject.consents if _general(row)), None)
    live = [row for row in sources.values() if row.live]
    return {
        "runs": [{"run": run, "source": sources.get(run.source_id)} for run in runs],
        "live": live,
        "objects": said is False,
        "may": subject.actor.may("contacts.write"),
    }


def _general(row: Consent) -> bool:
    """Whether it is a word on enrichment as a whole."""
    return row.purpose == asking.PURPOSE and row.channel == EVERY_CHANNEL
