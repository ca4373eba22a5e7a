"""The instance row, and what was counted."""

from __future__ import annotations

from django.db import models
from typing_extensions import override


class Instance(models.Model):
    """Instance-wide facts: one row, id 1, written by the first migration.

    ``epoch`` counts changes of definitions (see ``core.locks``); ``clock_offset`` is the
    sandbox's lead over the machine's clock in seconds; ``fence`` is a random id that is
    renewed on restore, so that a restored copy cannot mail anyone by mistake.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=120, default="Trellis")
    created_at = models.DateTimeField()
    epoch = models.IntegerField(default=1)
    clock_offset = models.BigIntegerField(default=0)
    fence = models.CharField(max_length=64, default="")
    settings = models.JSONField(default=dict)

    @override
    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """What was counted in a minute, by name and reason: accepted, rejected, duplicate,
    logged, sent … (principle 7)."""

    minute = models.DateTimeField()
    name = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, default="", db_default="")
    n = models.BigIntegerField(default=0)

    class Meta:
        db_table = "core_counter"
        constraints = [
            models.UniqueConstraint(fields=["minute", "name", "reason"], name="counter_once")
        ]
