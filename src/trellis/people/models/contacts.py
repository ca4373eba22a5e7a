"""Contacts, how they stand, and what identifies them. Hot tables lead with contact_id
(database.md)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from trellis.people.names import full_name


class Contact(models.Model):
    """One person, anonymous or known. Never deleted by a merge, only linked.

    ``known`` is true once a strong identity (anything but a device) points here.
    ``attributes`` holds typed fields by key; ``provenance`` says for each key where the
    value came from: ``{key: {"src", "at", "basis", "how"}}``, with the values before it as
    ``"was"``, and ``"weak"`` where it only filled what nobody had said (T7, T8).
    ``tags`` holds keys of ``Tag``.
    ``merged_into`` is the surviving contact where this one was merged away.
    """

    contact_id = models.BigAutoField(primary_key=True)
    known = models.BooleanField(default=False)
    merged_into = models.BigIntegerField(null=True)
    email = models.TextField(default="", db_default="")
    phone = models.TextField(default="", db_default="")
    first_name = models.TextField(default="", db_default="")
    last_name = models.TextField(default="", db_default="")
    locale = models.TextField(default="", db_default="")
    time_zone = models.TextField(default="", db_default="")
    country = models.TextField(default="", db_default="")
    city = models.TextField(default="", db_default="")
    company_id = models.BigIntegerField(null=True)
    attributes = models.JSONField(default=dict, db_default={})
    provenance = models.JSONField(default=dict, db_default={})
    tags = models.JSONField(default=list, db_default=[])
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "contact"
        indexes = [
            models.Index(
                fields=["-created_at", "-contact_id"],
                name="contact_known_newest",
                condition=models.Q(known=True, merged_into__isnull=True),
            ),
            models.Index(
                fields=["merged_into"],
                name="contact_merged_into",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["created_at"],
                name="contact_anonymous_age",
                condition=models.Q(known=False, merged_into__isnull=True),
            ),
            models.Index(
                fields=["company_id"],
                name="contact_company",
                condition=models.Q(company_id__isnull=False),
            ),
        ]

    @override
    def __str__(self) -> str:
        name = full_name(self.first_name, self.last_name)
        return name or self.email or self.phone or f"#{self.contact_id}"


class Standing(models.Model):
    """Narrow and hot: what changes with each batch. Nothing here is indexed, so that
    updates stay heap-only.

    Points are of the default score model; ``company_id`` is the company that they were last
    counted for, ``temperature_on`` the day on which the temperature last changed (null:
    never). ``next_on`` is the first day on which one of the contact's windows moves (decay, window end); the clock re-evaluates it then.
    """

    contact_id = models.BigIntegerField(primary_key=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    demographic = models.IntegerField(default=0, db_default=0)
    interest = models.IntegerField(default=0, db_default=0)
    engagement = models.IntegerField(default=0, db_default=0)
    score = models.IntegerField(default=0, db_default=0)
    grade = models.CharField(max_length=2, default="", db_default="")
    temperature = models.CharField(max_length=4, default="cold", db_default="cold")
    stage_id = models.IntegerField(null=True)
    temperature_on = models.DateField(null=True)
    company_id = models.BigIntegerField(null=True)
    next_on = models.DateField(null=True)

    class Meta:
        db_table = "standing"


class Identity(models.Model):
    """A normalised (value, kind) that points to a contact. ``shared`` marks a device that
    two known people used: it identifies nobody any more."""

    pk = models.CompositePrimaryKey("value", "kind")
    value = models.TextField()
    kind = models.TextField()
    contact_id = models.BigIntegerField()
    shared = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "identity"


class ContactIdentity(models.Model):
    """The mirror of ``identity``, contact first, for rules and joins; written with it."""

    pk = models.CompositePrimaryKey("contact_id", "kind", "value")
    contact_id = models.BigIntegerField()
    kind = models.TextField()
    value = models.TextField()

    class Meta:
        db_table = "contact_identity"


class Tombstone(models.Model):
    """That a contact of this number was erased, when, by whom and why; nothing about the
    person. Facts that name it go nowhere."""

    contact_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=120)

    class Meta:
        db_table = "tombstone"
