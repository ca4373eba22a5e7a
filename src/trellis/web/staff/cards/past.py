"""Where somebody has been: segments, journeys, messages, stages, identities and merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.people import queries as people
from trellis.segments import queries
from trellis.web.staff.cards.subject import Subject


def segments(subject: Subject) -> Mapping[str, Any]:
    """The segments they are in."""
    return {"rows": queries.of_contact(subject.id)}


def journeys(subject: Subject) -> Mapping[str, Any] | None:
    """Their runs through journeys."""
    return {"rows": subject.runs} if subject.runs else None


def messages(subject: Subject) -> Mapping[str, Any] | None:
    """The newest messages, and what came of each."""
    return {"rows": subject.messages} if subject.messages else None


def identities(subject: Subject) -> Mapping[str, Any]:
    """What names them, and who was merged in."""
    return {"rows": people.identities(subject.id), "merges": people.merges(subject.id)}
