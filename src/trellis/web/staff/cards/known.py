"""What is known of a person, in three classes shown apart: who they are, what they want and
do, and how far they have come; each value with where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from trellis.events.counted import Counted
from trellis.people import tags as tagging
from trellis.web.staff import words
from trellis.web.staff.cards.subject import Subject
from trellis.web.staff.valued import Valued, valued

FIELDS: Mapping[str, tuple[Any, str]] = {
    "email": (_("Email"), "demographic"),
    "phone": (_("Phone"), "demographic"),
    "city": (_("City"), "demographic"),
    "country": (_("Country"), "demographic"),
    "locale": (_("Language"), "demographic"),
    "time_zone": (_("Time zone"), "demographic"),
    "company": (_("Company"), "demographic"),
}
"""Built-in fields → how they are called, and their class."""
SIGNALS = 6
"""Signals shown of each class, the most frequent first."""
HOWS = ("", "active", "passive")


def known(subject: Subject) -> Mapping[str, Any]:
    """Values and signals by class (W4, T8), narrowed by how they were learned."""
    how = subject.got.get("how", "")
    contact = subject.contact
    fields = {key: getattr(contact, key) for key in FIELDS}
    values = valued(
        {**fields, **contact.attributes}, contact.provenance, subject.attributes, FIELDS
    )
    if how in ("active", "passive"):
        values = [row for row in values if row.how == how]
    did = [] if how == "active" else subject.signals
    return {
        "how": how if how in HOWS else "",
        "classes": [
            _class("demographic", values, did),
            _class("interest", values, did),
            _class("engagement", values, did),
        ],
        "lifecycle": how != "active",
        "stage": subject.stages.get(contact.stage_id or 0),
    }


def _class(key: str, values: list[Valued], did: Sequence[Counted]) -> dict[str, Any]:
    label, hint = words.BUCKETS[key]
    return {
        "key": key,
        "label": label,
        "hint": hint,
        "rows": [row for row in values if row.bucket == key],
        "signals": [row for row in did if row.bucket == key][:SIGNALS],
    }


def tags(subject: Subject) -> Mapping[str, Any] | None:
    """The tags of the contact, and those there are to put on."""
    live = {tag.key: tag for tag in tagging.live()}
    own = [live[key] for key in subject.contact.tags if key in live]
    may = subject.actor.may("contacts.write")
    if not own and not may:
        return None
    others = [tag for tag in live.values() if tag not in own]
    return {"own": own, "others": others, "may": may}
