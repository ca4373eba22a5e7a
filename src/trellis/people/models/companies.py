"""Organisations contacts belong to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower, Now
from typing_extensions import override

from trellis.core import clock


class Company(models.Model):
    """An organisation contacts belong to.

    ``domain`` is its main one (all stand in ``CompanyKey``). ``attributes`` and
    ``provenance`` are as those of a contact. ``merged_into`` is the company it went into;
    ``version`` grows with each change by a person.
    """

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    attributes = models.JSONField(default=dict)
    provenance = models.JSONField(default=dict, db_default={})
    merged_into = models.BigIntegerField(null=True)
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="company_newest"),
            models.Index(Lower("name"), name="company_name"),
        ]

    @override
    def __str__(self) -> str:
        return self.name


class CompanyKey(models.Model):
    """What names a company: a ``domain`` of its addresses, or the ``group_id`` by which
    programs call it. One points to one company."""

    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=253)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="keys")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="company_key_once")
        ]

    @override
    def __str__(self) -> str:
        return self.value


class CompanyMerge(models.Model):
    """That company ``loser_id`` went into ``company_id``, why, and whether it was undone.

    ``kept`` holds what undo needs (``people.company_merge.Kept``).
    """

    company_id = models.BigIntegerField()
    loser_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    actor = models.CharField(max_length=80)
    kept = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["company_id", "-at"], name="company_merge_newest")]

    @override
    def __str__(self) -> str:
        return f"{self.loser_id} into {self.company_id}"
