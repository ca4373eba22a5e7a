"""Leads: a contact in one business line, its stage and the history of it."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Line(models.Model):
    """A business line: a product line or brand with its own stages.

    In the default line everybody who is known is a lead. ``entry`` is the rule that makes
    leads in another one; without it they come by hand, API or journey.
    """

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    default = models.BooleanField(default=False)
    rank = models.IntegerField(default=0, db_default=0)
    entry = models.JSONField(null=True)
    entry_broken = models.TextField(blank=True, db_default="")
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "line"
        ordering = ["-default", "rank", "id"]

    @override
    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """Where a lead stands in the lifecycle (L1).

    ``rule`` moves leads forward by itself, or only proposes them where ``automatic`` is
    ``propose`` (S9). ``requires`` (keys of fields) and ``min_score`` are its gate (S6).
    ``kind``: open, won, lost or other; ``team`` is who works it (L13). A lead that stands
    here longer than ``limit_days`` is stuck (D11).
    """

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="stages")
    key = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    rank = models.IntegerField()
    kind = models.CharField(max_length=8, default="open")
    team = models.CharField(max_length=20, default="marketing")
    rule = models.JSONField(null=True)
    rule_broken = models.TextField(blank=True)
    automatic = models.CharField(max_length=8, default="move", db_default="move")
    requires = models.JSONField(default=list, db_default=[])
    min_score = models.IntegerField(null=True)
    limit_days = models.IntegerField(null=True)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stage"
        ordering = ["line_id", "rank"]
        constraints = [models.UniqueConstraint(fields=["line", "key"], name="stage_once")]

    @override
    def __str__(self) -> str:
        return self.name


class Reason(models.Model):
    """Why leads of a line are lost, disqualified (L12), or not sent on: an editable list.

    ``kind``: lost, disqualified or refused. Open leads for whom ``rule`` holds are
    disqualified by themselves, with this reason.
    """

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="reasons")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    rule = models.JSONField(null=True)
    rule_broken = models.TextField(blank=True, db_default="")
    rank = models.IntegerField(default=0)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lead_reason"
        ordering = ["line_id", "kind", "rank", "id"]

    @override
    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """A question that qualifies leads of a line (L8). Answers stand in the attribute
    ``attribute``, typed, with who said it, when and where. ``kind``: choice, many, yes_no,
    number or text; ``options`` are the answers of the first two, ``wanted`` those of them
    that speak for the lead."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(max_length=64)
    text = models.CharField(max_length=200)
    attribute = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, default="choice", db_default="choice")
    options = models.JSONField(default=list, db_default=[])
    wanted = models.JSONField(default=list, db_default=[])
    rank = models.IntegerField(default=0)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lead_question"
        ordering = ["line_id", "rank", "id"]
        constraints = [models.UniqueConstraint(fields=["line", "key"], name="question_once")]

    @override
    def __str__(self) -> str:
        return self.text


class Lead(models.Model):
    """A contact in one business line (C13: never a second live one).

    ``back_from_id`` is the stage a person moved the lead back from: rules may only move it
    beyond that one, until it is moved forward by hand. ``outcome``: "" while it is open,
    won, lost or disqualified (then ``reason_id``); ``spared``: a person re-opened it, so no
    rule disqualifies it again. ``proposed_id`` is the stage it is proposed for, ``refused``
    the proposal a person rejected, as "stage:temperature:grade". ``version`` counts changes.
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
    outcome = models.CharField(max_length=12, default="", db_default="")
    reason_id = models.IntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    spared = models.BooleanField(default=False, db_default=False)
    proposed_id = models.IntegerField(null=True)
    refused = models.CharField(max_length=40, default="", db_default="")
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "lead"
        indexes = [
            models.Index(fields=["line_id", "stage_id", "stage_since"], name="lead_by_stage")
        ]


class StageMove(models.Model):
    """A move between stages, or a change of ``outcome`` (then both stages are the same),
    with time, actor and cause (L4, L11, L12); append only. ``cause_id`` is the event that
    led to it, where one did."""

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
    outcome = models.CharField(max_length=12, default="", db_default="")
    cause_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "stage_move"
        indexes = [models.Index(fields=["at"], name="stage_move_at")]


class Proposal(models.Model):
    """That a lead is proposed for a stage (S9), the facts behind it, and what became of it.
    ``state``: open, accepted, refused, or withdrawn (the facts changed first)."""

    pk = models.CompositePrimaryKey("contact_id", "proposal_id")
    contact_id = models.BigIntegerField()
    proposal_id = models.BigIntegerField()
    line_id = models.IntegerField()
    from_stage_id = models.IntegerField(null=True)
    stage_id = models.IntegerField()
    made_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="open", db_default="open")
    settled_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80, default="", db_default="")
    reason = models.TextField(default="", db_default="")

    class Meta:
        db_table = "stage_proposal"
        indexes = [
            models.Index(
                fields=["line_id", "-made_at"],
                name="proposal_open",
                condition=models.Q(state="open"),
            )
        ]
