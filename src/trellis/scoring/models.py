"""Score models: rules that give points in three buckets (S1)."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class ScoreModel(models.Model):
    """Rules with caps, windows and decay; the default model fills ``standing``, others the
    table ``score``.

    ``warm_from`` and ``hot_from`` are the thresholds of temperature; ``caps`` limits a
    bucket: ``{"engagement": 60}``; ``groups`` limits rules together: ``[{"key", "name",
    "bucket", "limit"}]``; ``least`` and ``most`` limit the total. ``grades`` holds the
    borders of fit × engagement. ``line_id`` is the business line it is meant for.
    ``company_by`` says how the default model makes the score of a company of its people.
    ``draft`` collects edits until they are published together (``drafts``). ``version``
    grows with each change of the settings. ``stopped`` says that scoring everybody was
    stopped at ``progress``.
    """

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    line_id = models.IntegerField(null=True)
    active = models.BooleanField(default=True)
    default = models.BooleanField(default=False)
    warm_from = models.IntegerField(default=20)
    hot_from = models.IntegerField(default=50)
    caps = models.JSONField(default=dict)
    grades = models.JSONField(default=dict)
    groups = models.JSONField(default=list)
    least = models.IntegerField(null=True)
    most = models.IntegerField(null=True)
    company_by = models.CharField(max_length=4, default="max")
    draft = models.JSONField(null=True)
    version = models.IntegerField(default=1)
    changed_by = models.CharField(max_length=120, default="")
    changed_at = models.DateTimeField(default=clock.now)
    stopped = models.BooleanField(default=False)
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
    orders the explanation (S1). ``group`` names a group of the model that limits rules
    together. ``broken`` says why the rule no longer compiles; the whole model is frozen then.
    ``version`` grows with each change.
    """

    model = models.ForeignKey(ScoreModel, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=120)
    bucket = models.CharField(max_length=12)
    group = models.CharField(max_length=40, default="", blank=True)
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
    version = models.IntegerField(default=1)
    changed_by = models.CharField(max_length=120, default="")
    changed_at = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "score_rule"
        ordering = ["priority", "id"]

    @override
    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """What a model that is not the default one gives a contact; no row where it never gave
    anything."""

    pk = models.CompositePrimaryKey("contact_id", "model_id")
    contact_id = models.BigIntegerField()
    model_id = models.IntegerField()
    demographic = models.IntegerField(default=0, db_default=0)
    interest = models.IntegerField(default=0, db_default=0)
    engagement = models.IntegerField(default=0, db_default=0)
    score = models.IntegerField(default=0, db_default=0)
    temperature = models.CharField(max_length=4, default="cold", db_default="cold")
    grade = models.CharField(max_length=2, default="", db_default="")

    class Meta:
        db_table = "score"


class ScoreDay(models.Model):
    """How a score stood at the end of a day on which it changed; it holds until the next
    row. Before the first one it was zero, and cold."""

    pk = models.CompositePrimaryKey("contact_id", "model_id", "day")
    contact_id = models.BigIntegerField()
    model_id = models.IntegerField()
    day = models.DateField()
    demographic = models.IntegerField()
    interest = models.IntegerField()
    engagement = models.IntegerField()
    score = models.IntegerField()
    temperature = models.CharField(max_length=4)

    class Meta:
        db_table = "score_day"


class CompanyScore(models.Model):
    """The score of a company, made of its people by the default model: of how many, and
    when it last changed."""

    company_id = models.BigIntegerField(primary_key=True)
    score = models.IntegerField()
    people = models.IntegerField()
    hot = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "company_score"


class CompanyDue(models.Model):
    """That a company is to be scored again because one of its people changed; the clock
    takes these rows and deletes them."""

    company_id = models.BigIntegerField()

    class Meta:
        db_table = "company_due"
