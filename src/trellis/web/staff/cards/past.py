"""Where somebody has been: segments, journeys, messages, stages, identities and merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trellis.people import queries as people
from trellis.segments import history, queries
from trellis.segments.history import MoveFilter
from trellis.web.staff.cards.subject import Subject
from trellis.web.staff.words import SEGMENT_WHYS

MOVES = 6
"""Moves into and out of segments that the card shows."""


def segments(subject: Subject) -> Mapping[str, Any]:
    """The segments they are in, and how they last came into and went out of any."""
    wanted = MoveFilter(contact_id=subject.id)
    moves = history.moves(wanted, subject.fields, None, MOVES).rows
    return {
        "rows": queries.of_contact(subject.id),
        "moves": moves,
        "names": queries.by_ids({row.segment_id for row in moves}),
        "whys": SEGMENT_WHYS,
    }


def journeys(subject: Subject) -> Mapping[str, Any] | None:
    """Their runs through journeys, with what the step of an open one does."""
    if not subject.runs:
        return None
    at = {row.run.enrolment_id: row.sentence for row in subject.ahead}
    return {"rows": subject.runs, "sentences": at}


def messages(subject: Subject) -> Mapping[str, Any] | None:
    """The newest messages, and what came of each."""
    return {"rows": subject.messages} if subject.messages else None


def identities(subject: Subject) -> Mapping[str, Any]:
    """What names them, and who was merged in."""
    return {"rows": people.identities(subject.id), "merges": people.merges(subject.id)}
