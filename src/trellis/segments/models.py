"""Segments and who is in them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from trellis.core import clock


class Segment(models.Model):
    """A rule (dynamic) or a hand-made list (static), with stored membership.

    ``status``: building (with progress), live, or broken (``why`` says what is missing;
    membership is frozen and dependents pause).
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
