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


class Predictor(models.Model):
    """Whether and how the chance to be won is learnt for the leads of a business line.

    ``active``: people get a chance, newly computed each night. ``ahead`` is how many days
    before its outcome each lead is looked at (0: the evening before). ``state`` is idle,
    training, ready, refused, stopped or failed, with ``progress`` in per cent; ``why`` says
    what stood in the way, as a code with its figures. ``stopped``: somebody asked the
    training to end. ``version`` grows with each change by a person.
    """

    line_id = models.IntegerField(unique=True)
    active = models.BooleanField(default=True)
    ahead = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=8, default="idle")
    progress = models.SmallIntegerField(default=0)
    why = models.JSONField(default=dict)
    stopped = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)
    changed_by = models.CharField(max_length=120, default="")
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "predictor"


class PredictModel(models.Model):
    """What was learnt once: ``inputs`` with their weights, ``base`` for somebody average,
    ``quality`` on leads held back, ``rival`` the same of the rule score. ``spread`` is how
    the first chances lay, in ten bands. One per line is in use; a retired one stays, with
    ``retired_why`` (a code with its figures)."""

    line_id = models.IntegerField()
    number = models.IntegerField()
    trained_at = models.DateTimeField()
    trained_by = models.CharField(max_length=120, default="")
    ahead = models.SmallIntegerField(default=0)
    won = models.IntegerField()
    lost = models.IntegerField()
    since = models.DateTimeField()
    base = models.FloatField()
    inputs = models.JSONField(default=list)
    quality = models.JSONField(default=dict)
    rival = models.JSONField(default=dict)
    spread = models.JSONField(null=True)
    retired_at = models.DateTimeField(null=True)
    retired_why = models.JSONField(default=dict)

    class Meta:
        db_table = "predict_model"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["line_id", "number"], name="predict_model_once")
        ]


class Prediction(models.Model):
    """The chance, 0 to 1, that an open lead is won, by version ``number`` of what was
    learnt for its line. ``why`` holds the inputs that weighed most: ``[[key, item, value,
    part]]``, part in log odds; value null where the contact has nothing of it."""

    pk = models.CompositePrimaryKey("contact_id", "line_id")
    contact_id = models.BigIntegerField()
    line_id = models.IntegerField()
    number = models.IntegerField()
    chance = models.FloatField()
    why = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        db_table = "prediction"
        indexes = [
            models.Index(fields=["line_id", "-chance", "contact_id"], name="prediction_best")
        ]
