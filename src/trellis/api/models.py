"""What the API remembers of calls that may be repeated."""

from __future__ import annotations

from django.db import models

from trellis.core import clock


class IdempotentCall(models.Model):
    """A call with an ``Idempotency-Key``: its answer, or that it is still running
    (``status`` 0). Kept for a day."""

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    content_type = models.CharField(max_length=80, blank=True)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=clock.wall, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotent_call_once")
        ]
