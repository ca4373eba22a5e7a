"""Sources that were set up, and each time one was asked about a contact."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class EnrichmentSource(models.Model):
    """A source that was set up. ``kind`` is a key of ``registry.KINDS``; ``basis`` the legal
    basis on which it may be asked; ``rule`` narrows whom it is asked about by itself (empty:
    every new known contact); ``rate`` is how often a minute at most. ``fault`` says why it
    was switched off by itself."""

    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    live = models.BooleanField(default=False)
    basis = models.CharField(max_length=24, blank=True)
    rule = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    rate = models.IntegerField(default=60)
    fault = models.CharField(max_length=300, blank=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    @override
    def __str__(self) -> str:
        return self.name


class EnrichmentRun(models.Model):
    """That a source is to be asked about a contact, and what came of it.

    ``state``: waiting, done, skipped, failed; ``reason`` says why. ``wake_at`` is when it is
    (again) to be asked, None once it ended; a claim moves it on, so that a killed worker's
    question is asked again.
    """

    pk = models.CompositePrimaryKey("contact_id", "run_id")
    contact_id = models.BigIntegerField()
    run_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    how = models.CharField(max_length=8)
    state = models.CharField(max_length=8, default="waiting")
    reason = models.CharField(max_length=40, default="")
    tries = models.SmallIntegerField(default=0)
    at = models.DateTimeField()
    wake_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    added = models.JSONField(default=dict)
    answer = models.TextField(default="")

    class Meta:
        db_table = "enrichment_run"
        indexes = [
            models.Index(
                fields=["wake_at"],
                name="enrichment_due",
                condition=models.Q(wake_at__isnull=False),
            ),
            models.Index(fields=["source_id", "-asked_at"], name="enrichment_latest"),
        ]
