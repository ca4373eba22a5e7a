"""Score models: rules that give points in three buckets (S1)."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class ScoreModel(models.Model):
    """Rules with caps, windows and decay; the default model fills ``standing``.

    ``warm_from`` and ``hot_from`` are the thresholds of temperature; ``caps`` limits a
    bucket: ``{"engagement": 60}``. ``grades`` holds the borders of fit × engagement.
    """

    name = models.CharField(max_length=120)
    default = models.BooleanField(default=False)
    warm_from = models.IntegerField(default=20)
    hot_from = models.IntegerField(default=50)
    caps = models.JSONField(default=dict)
    grades = models.JSONField(default=dict)
    computed_at = models.DateTimeField(null=True)
    progress = models.SmallIntegerField(default=100)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "score_model"

    @override
    def __str__(self) -> str:
        return self.name


class ScoreRule(models.Model):
    """Points for a condition, or per occurrence of a signal.

    ``rule`` set: the points count once while the rule holds. ``signal_id`` set: points per
    occurrence, at most ``cap`` points, within ``window_days`` (null = ever), fading linearly
    to zero over ``decay_days`` where set; with ``rule`` too, only while that holds. ``per``
    is occurrence, or value: points per unit of the signal's summed property. ``priority``
    orders the explanation (S1). ``broken`` says why the rule no longer compiles; the whole
    model is frozen then.
    """

    model = models.ForeignKey(ScoreModel, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=120)
    bucket = models.CharField(max_length=12)
    points = models.IntegerField()
    rule = models.JSONField(null=True)
    signal_id = models.IntegerField(null=True)
    per = models.CharField(max_length=10, default="occurrence")
    cap = models.IntegerField(null=True)
    window_days = models.IntegerField(null=True)
    decay_days = models.IntegerField(null=True)
    priority = models.IntegerField(default=100)
    active = models.BooleanField(default=True)
    broken = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "score_rule"
        ordering = ["priority", "id"]

    @override
    def __str__(self) -> str:
        return self.name
