"""Contacts that are, or may be, one person: merges, conflicts, likeness, the queue."""

from __future__ import annotations

from django.db import models

from trellis.core import clock


class Merge(models.Model):
    """That ``loser_id`` was linked into ``contact_id``, why, and whether it was undone.

    ``kept`` holds what undo needs: the loser's identities and the winner's values that
    were filled from the loser.
    """

    pk = models.CompositePrimaryKey("contact_id", "merge_id")
    contact_id = models.BigIntegerField()
    merge_id = models.BigIntegerField()
    loser_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    actor = models.CharField(max_length=80)
    kept = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "merge"


class IdentityConflict(models.Model):
    """Two known people named by one fact, kept apart: a row of the duplicates queue."""

    at = models.DateTimeField(default=clock.now)
    contact_id = models.BigIntegerField(db_index=True)
    other_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    value = models.TextField()
    reason = models.CharField(max_length=40)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact_id", "other_id", "kind", "value"], name="conflict_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["other_id"],
                name="conflict_open_other",
                condition=models.Q(settled_at__isnull=True),
            )
        ]


class Likeness(models.Model):
    """A key that a contact shares with other rows of the same person, in a form that
    forgives spelling; ``key`` is a hash of it (``people.likeness``). Known contacts only."""

    pk = models.CompositePrimaryKey("contact_id", "key")
    contact_id = models.BigIntegerField()
    key = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "likeness"


class LikenessDue(models.Model):
    """A contact whose duplicates are to be looked for again; append only, so that nobody
    waits for anybody, and gone once looked at."""

    pk = models.CompositePrimaryKey("contact_id", "due_id")
    contact_id = models.BigIntegerField()
    due_id = models.BigIntegerField()

    class Meta:
        db_table = "likeness_due"


class Duplicate(models.Model):
    """Two contacts that may be one person, the lower number first: a row of the queue.

    ``confidence`` is 0 to 100; ``reasons`` is a list of {code, weight, facts}. ``state``:
    open, merged, or apart (they are two people; remembered). ``via_id`` names the merged
    contact that a remembered "apart" was inherited from.
    """

    pk = models.CompositePrimaryKey("contact_id", "other_id")
    contact_id = models.BigIntegerField()
    other_id = models.BigIntegerField(db_index=True)
    confidence = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="open", db_default="open")
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, default="", db_default="")
    via_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "duplicate"
        indexes = [
            models.Index(
                fields=["-confidence", "contact_id", "other_id"],
                name="duplicate_queue",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["-decided_at"],
                name="duplicate_decided",
                condition=models.Q(decided_at__isnull=False),
            ),
        ]
