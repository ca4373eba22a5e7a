"""Texts about somebody that were written once and are read by many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from trellis.people import masking
from trellis.people.models import Contact

Secrets = tuple[str, ...]


class About(Protocol):
    """Something written about a contact."""

    contact_id: int | None
    text: str
    detail: str


def secrets(contact_ids: Iterable[int]) -> Mapping[int, Secrets]:
    """What a text about each of these contacts may not say to who reads now; empty where
    everything may be read. One query at most."""
    wanted = set(contact_ids)
    if not wanted or not masking.veiled():
        return {}
    rows = Contact.objects.filter(contact_id__in=wanted)
    found = rows.values_list("contact_id", "last_name", "email", "phone")
    return {number: (last, email, phone) for number, last, email, phone in found}


def veil(rows: Iterable[About]) -> None:
    """Veil the texts of ``rows``, in place, for who reads now."""
    told = list(rows)
    known = secrets(row.contact_id for row in told if row.contact_id is not None)
    for row in told:
        mine = known.get(row.contact_id or 0, ())
        row.text = masking.without(row.text, mine)
        row.detail = masking.without(row.detail, mine)


def trail(object_type: str, object_id: str, summary: str) -> str:
    """The summary of a line of the trail: one about a person names them, so that who may not
    see that gets the number instead."""
    if masking.veiled() and object_type == "contact":
        return f"#{object_id}"
    return masking.text(summary)
