"""Questions that people keep. The answers are never stored."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Funnel(models.Model):
    """A saved funnel: an ordered list of steps, each ``{"signal": key}`` or
    ``{"stage": key}``. ``version`` refuses the older of two edits."""

    name = models.CharField(max_length=120)
    steps = models.JSONField()
    version = models.IntegerField(default=1)
    changed_by = models.CharField(max_length=200, default="", db_default="")
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "funnel"

    @override
    def __str__(self) -> str:
        return self.name
