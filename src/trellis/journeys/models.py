"""Journeys: immutable versions, and the runs of contacts through them."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Journey(models.Model):
    """A plan of steps. ``state``: draft, live, paused, stopped. ``draft`` is the YAML being
    edited, ``revision`` how often it was saved and ``edited_by`` by whom last; ``version`` the
    number of the published one (0 = none)."""

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=8, default="draft")
    why = models.TextField(blank=True)
    draft = models.TextField(blank=True)
    revision = models.IntegerField(default=1)
    edited_by = models.CharField(max_length=80, blank=True)
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "journey"

    @override
    def __str__(self) -> str:
        return self.name


class JourneyVersion(models.Model):
    """A published definition: the YAML as written and its parsed form. Never changed."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    source = models.TextField()
    definition = models.JSONField()
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "journey_version"
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="journey_version_once")
        ]


class Enrolment(models.Model):
    """One contact's run through one version.

    ``state``: active (about to run ``step``), waiting (parked in it), done, exited, failed.
    ``wake_at`` is when it is looked at next; an open run without it is held, because its
    journey is paused. ``outcome`` says how it ended: end, goal, exit, error; ``reason`` why.
    ``hops`` counts the steps it ran: it numbers passes and messages. ``visits`` counts the
    jumps taken, by step.

    ``live_key`` is the journey id while the run is open and null afterwards: unique with
    contact_id, so that a contact is in a journey once at a time. A merge that would break
    this makes it minus the enrolment id and wakes the run; the engine ends the younger one.
    """

    pk = models.CompositePrimaryKey("contact_id", "enrolment_id")
    contact_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()
    journey_id = models.IntegerField()
    version_id = models.BigIntegerField()
    live_key = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8)
    step = models.CharField(max_length=64)
    slot = models.SmallIntegerField()
    wake_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField()
    step_since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, default="", db_default="")
    reason = models.CharField(max_length=80, default="", db_default="")
    entry = models.JSONField(default=dict)
    visits = models.JSONField(default=dict, db_default={})
    hops = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "enrolment"
        constraints = [
            models.UniqueConstraint(fields=["contact_id", "live_key"], name="enrolment_once")
        ]
        indexes = [
            models.Index(
                fields=["slot", "wake_at"],
                name="enrolment_due",
                condition=models.Q(wake_at__isnull=False),
            ),
            models.Index(
                fields=["journey_id", "version_id", "step"],
                name="enrolment_open_by_step",
                condition=models.Q(live_key__isnull=False),
            ),
            models.Index(
                fields=["journey_id", "-ended_at"],
                name="enrolment_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
            models.Index(
                fields=["journey_id", "-entered_at", "-enrolment_id"], name="enrolment_newest"
            ),
        ]


class StepPass(models.Model):
    """That a run passed a step: the path of a contact, with the reason for the branch.
    ``seq`` is the run's number of steps before it (``hops``)."""

    pk = models.CompositePrimaryKey("contact_id", "enrolment_id", "seq")
    contact_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    journey_id = models.IntegerField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=120, default="", db_default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "step_pass"


class StepCount(models.Model):
    """How many runs passed a step of a version with an outcome; kept by difference, per
    slot, so that the picture of a journey costs one read. Step "" counts whole runs:
    ``entered``, and how they ended (``end``, ``goal``, ``exit:<reason>``, ``error:<reason>``).
    """

    version_id = models.BigIntegerField()
    step = models.CharField(max_length=64)
    outcome = models.CharField(max_length=40)
    slot = models.SmallIntegerField()
    n = models.BigIntegerField(default=0)

    class Meta:
        db_table = "step_count"
        constraints = [
            models.UniqueConstraint(
                fields=["version_id", "step", "outcome", "slot"], name="step_count_once"
            )
        ]
