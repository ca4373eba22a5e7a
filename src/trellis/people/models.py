"""Contacts and what belongs to them. Hot tables lead with contact_id (database.md)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower, Now
from typing_extensions import override

from trellis.core import clock
from trellis.people.names import full_name


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


class Consent(models.Model):
    """A consent given or withdrawn, with its proof; append only, the newest row counts.

    ``purpose``: marketing, sales_contact, tracking. ``channel``: email, sms, … or "*".
    """

    pk = models.CompositePrimaryKey("contact_id", "consent_id")
    contact_id = models.BigIntegerField()
    consent_id = models.BigIntegerField()
    purpose = models.CharField(max_length=20)
    channel = models.CharField(max_length=12)
    given = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=120)
    wording = models.TextField(default="", db_default="")
    proof = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "consent"


class Suppression(models.Model):
    """An address that must not be written to, whoever it belongs to (value, kind)."""

    pk = models.CompositePrimaryKey("value", "kind")
    value = models.TextField()
    kind = models.TextField()
    reason = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    note = models.TextField(default="", db_default="")

    class Meta:
        db_table = "suppression"


class Merge(models.Model):
    """That ``loser_id`` was linked into ``contact_id``, why, and whether it was undone.

    ``kept`` holds what undo needs: the loser's identities and the winner's values that
    were filled from the loser.
    """

    pk = models.CompositePrimaryKey("contact_id", "merge_id")
    contact_id = models.BigIntegerField()
    merge_id = models.BigIntegerField()
    loser_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    actor = models.CharField(max_length=80)
    kept = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "merge"


class IdentityConflict(models.Model):
    """Two known people named by one fact, kept apart: a row of the duplicates queue."""

    at = models.DateTimeField(default=clock.now)
    contact_id = models.BigIntegerField(db_index=True)
    other_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    value = models.TextField()
    reason = models.CharField(max_length=40)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact_id", "other_id", "kind", "value"], name="conflict_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["other_id"],
                name="conflict_open_other",
                condition=models.Q(settled_at__isnull=True),
            )
        ]


class Likeness(models.Model):
    """A key that a contact shares with other rows of the same person, in a form that
    forgives spelling; ``key`` is a hash of it (``people.likeness``). Known contacts only."""

    pk = models.CompositePrimaryKey("contact_id", "key")
    contact_id = models.BigIntegerField()
    key = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "likeness"


class LikenessDue(models.Model):
    """A contact whose duplicates are to be looked for again; append only, so that nobody
    waits for anybody, and gone once looked at."""

    pk = models.CompositePrimaryKey("contact_id", "due_id")
    contact_id = models.BigIntegerField()
    due_id = models.BigIntegerField()

    class Meta:
        db_table = "likeness_due"


class Duplicate(models.Model):
    """Two contacts that may be one person, the lower number first: a row of the queue.

    ``confidence`` is 0 to 100; ``reasons`` is a list of {code, weight, facts}. ``state``:
    open, merged, or apart (they are two people; remembered). ``via_id`` names the merged
    contact that a remembered "apart" was inherited from.
    """

    pk = models.CompositePrimaryKey("contact_id", "other_id")
    contact_id = models.BigIntegerField()
    other_id = models.BigIntegerField(db_index=True)
    confidence = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="open", db_default="open")
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, default="", db_default="")
    via_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "duplicate"
        indexes = [
            models.Index(
                fields=["-confidence", "contact_id", "other_id"],
                name="duplicate_queue",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["-decided_at"],
                name="duplicate_decided",
                condition=models.Q(decided_at__isnull=False),
            ),
        ]


class Tombstone(models.Model):
    """That a contact of this number was erased, when, by whom and why; nothing about the
    person. Facts that name it go nowhere."""

    contact_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=120)

    class Meta:
        db_table = "tombstone"
