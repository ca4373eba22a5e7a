"""Leads: a contact in one business line, its stage and the history of it."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Line(models.Model):
    """A business line: a product line or brand with its own stages."""

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "line"

    @override
    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """Where a lead stands in the lifecycle (L1). ``rule`` moves leads forward by itself;
    ``kind``: open, won, lost or other; ``team`` is the role that works it (L13)."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="stages")
    key = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    rank = models.IntegerField()
    kind = models.CharField(max_length=8, default="open")
    team = models.CharField(max_length=20, default="marketing")
    rule = models.JSONField(null=True)
    rule_broken = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stage"
        ordering = ["line_id", "rank"]
        constraints = [models.UniqueConstraint(fields=["line", "key"], name="stage_once")]

    @override
    def __str__(self) -> str:
        return self.name


class Lead(models.Model):
    """A contact in one business line (C13: never a second live one).

    ``back_from_id`` is the stage a person moved the lead back from: rules may only move it
    beyond that one, until it is moved forward by hand.
    """

    pk = models.CompositePrimaryKey("contact_id", "line_id")
    contact_id = models.BigIntegerField()
    line_id = models.IntegerField()
    stage_id = models.IntegerField()
    stage_since = models.DateTimeField()
    back_from_id = models.IntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    pool_id = models.BigIntegerField(null=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="", db_default="")
    outcome = models.CharField(max_length=8, default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "lead"


class StageMove(models.Model):
    """A move between stages with time, actor and cause (L4, L11); append only."""

    pk = models.CompositePrimaryKey("contact_id", "move_id")
    contact_id = models.BigIntegerField()
    move_id = models.BigIntegerField()
    line_id = models.IntegerField()
    from_stage_id = models.IntegerField(null=True)
    to_stage_id = models.IntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    how = models.CharField(max_length=12)  # rule hand journey import
    reason = models.TextField(default="", db_default="")
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "stage_move"
        indexes = [models.Index(fields=["at"], name="stage_move_at")]
