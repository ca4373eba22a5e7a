"""Where leads come from: a two-level tree, and each arrival through it (C1)."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Source(models.Model):
    """A node of the tree; ``origin`` is market or sales, ``paid`` where money was spent."""

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    origin = models.CharField(max_length=8, default="market")
    paid = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    @override
    def __str__(self) -> str:
        return self.name


class Touch(models.Model):
    """One arrival of a contact through a source; append only."""

    pk = models.CompositePrimaryKey("contact_id", "touch_id")
    contact_id = models.BigIntegerField()
    touch_id = models.BigIntegerField()
    at = models.DateTimeField()
    source_id = models.BigIntegerField(null=True)
    how = models.CharField(max_length=20)
    utm = models.JSONField(default=dict)
    page = models.TextField(default="", db_default="")
    referrer = models.TextField(default="", db_default="")

    class Meta:
        db_table = "touch"
