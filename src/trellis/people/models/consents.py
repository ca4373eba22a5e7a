"""What people agreed to, and addresses that nobody writes to."""

from __future__ import annotations

from django.db import models

from trellis.core import clock


class Consent(models.Model):
    """A consent given or withdrawn, with its proof; append only, the newest row counts.

    ``purpose``: marketing, sales_contact, tracking. ``channel``: email, sms, … or "*".
    """

    pk = models.CompositePrimaryKey("contact_id", "consent_id")
    contact_id = models.BigIntegerField()
    consent_id = models.BigIntegerField()
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=12)
    given = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=120)
    wording = models.TextField(default="", db_default="")
    proof = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "consent"


class Suppression(models.Model):
    """An address that must not be written to, whoever it belongs to (value, kind)."""

    pk = models.CompositePrimaryKey("value", "kind")
    value = models.TextField()
    kind = models.TextField()
    reason = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    note = models.TextField(default="", db_default="")

    class Meta:
        db_table = "suppression"
