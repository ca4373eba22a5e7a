"""Leases and heartbeats. All local tables."""

from __future__ import annotations

from django.db import models


class SlotLease(models.Model):
    """Who works a slot of a queue until when (database.md rule 10)."""

    pk = models.CompositePrimaryKey("queue", "slot")
    queue = models.CharField(max_length=12)
    slot = models.SmallIntegerField()
    holder = models.CharField(max_length=64, default="", db_default="")
    until = models.DateTimeField()

    class Meta:
        db_table = "slot_lease"


class Worker(models.Model):
    """A process that reports that it lives; ``at`` is the machine's time."""

    name = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "worker"
