"""What people define for contacts and companies: typed attributes, renamed options, tags."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Definition(models.Model):
    """What a typed custom field is. ``bucket`` is demographic, interest or engagement (W4,
    T8); ``how`` passive or active.

    ``options`` closes the values of text, choice and list; ``aliases`` maps options that
    were renamed to what they are called now, so that programs may go on sending the old
    word. ``minimum`` and ``maximum`` bound numbers, ``unit`` is shown after them;
    ``pattern`` is a regular expression that the whole of a text must match. ``required``:
    forms that ask for it must have an answer. ``version`` grows with each change.
    """

    key = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=120)
    type = models.CharField(max_length=12)
    bucket = models.CharField(max_length=12, default="demographic")
    how = models.CharField(max_length=8, default="active")
    options = models.JSONField(default=list)
    description = models.TextField(blank=True)
    aliases = models.JSONField(default=dict, db_default={})
    unit = models.CharField(max_length=20, default="", db_default="", blank=True)
    minimum = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
    pattern = models.CharField(max_length=200, default="", db_default="", blank=True)
    required = models.BooleanField(default=False, db_default=False)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @override
    def __str__(self) -> str:
        return self.label


class Attribute(Definition):
    """A typed custom field of contacts."""


class CompanyAttribute(Definition):
    """A typed custom field of companies."""


class Renaming(models.Model):
    """That an option of an attribute gets another name in all stored values: a job, with
    its progress in per cent. ``of`` is contact or company."""

    of = models.CharField(max_length=8)
    key = models.CharField(max_length=64)
    before = models.CharField(max_length=200)
    after = models.CharField(max_length=200)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    progress = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["of", "key", "-at"], name="renaming_newest")]


class Tag(models.Model):
    """A word that people put on contacts. ``colour`` is a name of ``people.tags.COLOURS``."""

    key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=80)
    colour = models.CharField(max_length=12, default="green")
    description = models.TextField(blank=True, default="")
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    @override
    def __str__(self) -> str:
        return self.name
