"""Segments and who is in them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from trellis.core import clock


class Segment(models.Model):
    """A rule (dynamic), a hand-made list (static), or a rule frozen at a moment (snapshot,
    ``taken_at``), with stored membership.

    ``status``: building (with progress), live, broken (``why`` says what is missing) or
    stopped (``why`` says who stopped its building); both keep membership as it stands, and
    dependents pause. ``version`` counts what people changed, and refuses the older of two
    edits; the rules of all versions stand in ``SegmentRule``. ``folder`` is a free word.
    """

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=8, default="dynamic")
    rule = models.JSONField(default=dict)
    status = models.CharField(max_length=8, default="building")
    why = models.TextField(blank=True)
    progress = models.SmallIntegerField(default=0)
    size = models.IntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1, db_default=1)
    folder = models.CharField(max_length=60, default="", db_default="", blank=True)
    taken_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "segment"

    @override
    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That a contact is in a segment, since when."""

    pk = models.CompositePrimaryKey("contact_id", "segment_id")
    contact_id = models.BigIntegerField()
    segment_id = models.IntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "membership"
        indexes = [
            models.Index(fields=["segment_id", "contact_id"], name="membership_by_segment")
        ]


class SegmentChange(models.Model):
    """That so many came into a segment (or left: below 0) and its size does not say so yet.
    Append only, so that no batch waits for another; gone once settled."""

    segment_id = models.IntegerField()
    delta = models.IntegerField()

    class Meta:
        db_table = "segment_change"


class SegmentRule(models.Model):
    """The rule that a segment had from a version on, and who gave it that rule."""

    segment_id = models.IntegerField()
    version = models.IntegerField()
    rule = models.JSONField()
    at = models.DateTimeField(default=clock.now)
    actor = models.CharField(max_length=200)

    class Meta:
        db_table = "segment_rule"
        constraints = [
            models.UniqueConstraint(fields=["segment_id", "version"], name="segment_rule_once")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.segment_id}.{self.version}"


class SegmentMove(models.Model):
    """That a contact entered or left a segment, when and why.

    ``why``: event, clock, rule (the segment's rule was changed), hand, snapshot. ``held`` has
    a bit for each condition of the rule of that ``version`` that was true right after the move
    (null where the rule has too many, or none was read); ``cause`` is the event that was being
    worked; ``actor`` the person or key that did it.
    """

    pk = models.CompositePrimaryKey("contact_id", "segment_id", "at")
    contact_id = models.BigIntegerField()
    segment_id = models.IntegerField()
    at = models.DateTimeField()
    entered = models.BooleanField()
    why = models.CharField(max_length=10)
    version = models.IntegerField(default=1)
    held = models.BigIntegerField(null=True)
    cause = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "segment_move"
        indexes = [
            models.Index(
                fields=["segment_id", "-at", "-contact_id"], name="segment_move_by_segment"
            )
        ]


class SegmentDay(models.Model):
    """How many were in a segment at the end of a day of the instance's zone, and how many
    came and went that day. Those whom the first building found came silently."""

    pk = models.CompositePrimaryKey("segment_id", "day")
    segment_id = models.IntegerField()
    day = models.DateField()
    size = models.IntegerField()
    came = models.IntegerField()
    went = models.IntegerField()

    class Meta:
        db_table = "segment_day"


class SavedFilter(models.Model):
    """A filter of the list of contacts under a name, of one user (``owner_id``) or ``shared``
    with everybody; one made by a program has no owner.

    ``query`` holds what the list's address says (``segments.saved.KEYS``), its ``rule`` as
    JSON. ``version`` refuses the older of two edits.
    """

    name = models.CharField(max_length=60)
    owner_id = models.IntegerField(null=True)
    shared = models.BooleanField(default=False)
    query = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    version = models.IntegerField(default=1, db_default=1)
    changed_by = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "saved_filter"

    @override
    def __str__(self) -> str:
        return self.name
