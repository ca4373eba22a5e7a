"""What the API says of segments besides themselves: moves, growth, overlaps, groups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from trellis.api.paging import PageQuery
from trellis.api.shown import ShownRule


class PasteIn(Schema):
    """People by email, phone, user id or ``#number``, as text or CSV."""

    people: str = Field(min_length=1, max_length=5_000_000)


class PastedOut(Schema):
    """What became of pasted entries; ``unknown`` name nobody and stand as they were written."""

    added: int
    already: int
    twice: int
    unknown: list[str]


class SnapshotIn(Schema):
    """The key and name of a snapshot."""

    key: str = Field(max_length=64)
    name: str = Field(max_length=120)


class DifferenceOut(Schema):
    """How many a rule would let enter, leave and stay; where not exact, within ``margin``."""

    enter: int
    leave: int
    stay: int
    exact: bool
    margin: int


class DayOut(Schema):
    """A day of a segment: its size at the end, and how many came and went."""

    day: date
    size: int
    came: int
    went: int


class MoveOut(Schema):
    """That a contact entered or left. ``why``: event, clock, rule, hand or snapshot; ``reasons``
    are the conditions that changed, in words; ``event`` is what was being worked."""

    contact_id: int
    segment_id: int
    at: datetime
    entered: bool
    why: str
    actor: str
    event: str
    reasons: list[str]


class MovePage(Schema):
    """A page of moves, newest first."""

    items: list[MoveOut]
    next_cursor: str | None


class MoveQuery(PageQuery):
    """Which moves."""

    contact_id: int | None = Field(None, ge=1, lt=2**63)
    which: Literal["", "entered", "left"] = ""
    why: Literal["", "event", "clock", "rule", "hand", "snapshot"] = ""
    since: datetime | None = None
    until: datetime | None = None


class PartOut(Schema):
    """How many are in exactly these of the chosen segments, and the rule that finds them."""

    inside: list[int]
    n: int
    rule: ShownRule


class OverlapOut(Schema):
    """Combinations of some segments: those in all, in at least one, and in each part."""

    shared: int
    total: int
    parts: list[PartOut]


class GroupOut(Schema):
    """People who did all of some signals (keys): how many, how many known, how many times
    more often than by chance, and the rule that finds them."""

    signals: list[str]
    n: int
    known: int
    lift: float
    rule: ShownRule


class SimilarOut(Schema):
    """Groups among the ``active`` people of the last ``days``; ``every``: only every n-th
    person was looked at."""

    groups: list[GroupOut]
    active: int
    days: int
    every: int
