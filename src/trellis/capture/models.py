"""Forms and imports."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from typing_extensions import override

from trellis.core import clock


class Form(models.Model):
    """A hosted form. ``fields``: ``[{"key","label","type","required","options","hint"}]``,
    keys are contact fields or attributes. Publishing without ``consent_text`` is refused
    (C6); ``consent_required`` makes the box a condition of sending the form."""

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=200, blank=True)
    intro = models.TextField(blank=True)
    fields = models.JSONField(default=list)
    consent_text = models.TextField(blank=True)
    consent_required = models.BooleanField(default=True)
    button = models.CharField(max_length=60, blank=True)
    thanks = models.TextField(blank=True)
    redirect_url = models.CharField(max_length=400, blank=True)
    source_id = models.BigIntegerField(null=True)
    published = models.BooleanField(default=False)
    locale = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "form"

    @override
    def __str__(self) -> str:
        return self.name


class Import(models.Model):
    """A CSV being read. Rows enter through the inbox like every other fact (C12).

    ``mapping``: column → target (``imports.targets``). ``options``: how the file is
    written and what to do with it (``imports.types.Options``). ``path``: the file, from the
    data folder on, so that the folder can be moved; "" once it is deleted. ``state``: uploaded,
    running, done, failed (``why``), cancelled. ``offset``: the byte up to which the file
    was read, written in the transaction that puts those rows into the inbox.
    """

    name = models.CharField(max_length=200)
    path = models.TextField()
    size = models.BigIntegerField(default=0)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="uploaded")
    why = models.TextField(blank=True)
    offset = models.BigIntegerField(default=0)
    rows_total = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_accepted = models.IntegerField(default=0)
    rows_rejected = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import"

    @override
    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> Path:
        """Where the file lies."""
        return Path(settings.TRELLIS_DATA) / self.path

    @property
    def percent(self) -> int:
        """How much of the file was read, 0 to 100."""
        return 100 if self.state == "done" else min(99, self.offset * 100 // (self.size or 1))


class ImportFault(models.Model):
    """A row of an import that was not accepted: its number in the file, why, its cells."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults")
    row = models.IntegerField()
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)
    cells = models.JSONField(default=list)

    class Meta:
        db_table = "import_fault"
        constraints = [
            models.UniqueConstraint(fields=["source", "row"], name="import_fault_once")
        ]
