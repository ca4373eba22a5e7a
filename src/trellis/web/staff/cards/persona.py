"""The persona: in a few words, who this is; made of what is known, nothing is guessed (T7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.events import counted
from trellis.web.staff.cards.subject import Subject
from trellis.web.staff.cards.who import ROLES
from trellis.web.staff.valued import Valued, valued

WANTS = 3
"""Interests named, the strongest first."""


def persona(subject: Subject) -> Mapping[str, Any] | None:
    """Who they are, what they want, and how near they are; None of strangers."""
    contact = subject.contact
    if not contact.known:
        return None
    values = valued(contact.attributes, contact.provenance, subject.attributes)
    did = subject.signals
    traits = [
        row
        for row in values
        if row.bucket == "demographic" and row.key not in ROLES and not _remark(row)
    ]
    wants = [row for row in values if row.bucket == "interest"]
    looks = [row for row in did if row.bucket == "interest"][:WANTS]
    if not (traits or wants or looks):
        return None
    return {
        "traits": _short(traits),
        "wants": _short(wants),
        "looks": looks,
        "days": counted.active_days(did),
        "stage": subject.stages.get(contact.stage_id or 0),
        "grade": contact.grade,
    }


def _short(rows: list[Valued]) -> list[Valued]:
    """Those that can be said in a word."""
    return [row for row in rows if len(row.value) <= 40 and row.type not in ("email", "url")][
        :4
    ]


def _remark(row: Valued) -> bool:
    """Whether it says something about an address rather than about the person."""
    return row.key.startswith(("email_", "phone_"))
