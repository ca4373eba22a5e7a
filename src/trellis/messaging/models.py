"""Templates, messages and the trap."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from trellis.core import clock


class Template(models.Model):
    """What is sent: the current version is ``version`` of ``TemplateVersion``.

    ``purpose``: marketing or transactional; the gate asks consent for marketing only.
    """

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=12, default="email")
    purpose = models.CharField(max_length=14, default="marketing")
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "template"

    @override
    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """Immutable content. ``variants`` by locale ("" is the fallback):
    ``{locale: {"subject", "preheader", "mjml" | "html", "text"}}``; sender optional."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    variants = models.JSONField()
    from_name = models.CharField(max_length=120, blank=True)
    from_email = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "template_version"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once")
        ]


class Message(models.Model):
    """One send to one contact on one channel.

    ``cause`` makes it unique per contact: ``journey:<enrolment>:<step>:<visit>``,
    ``broadcast:<id>``, ``test:<uuid>``. States: queued, sending (leased until
    ``lease_until``), sent, delivered, bounced, failed, skipped, unknown; ``reason`` is a
    code. ``wake_at`` is when it is due (retry, quiet hours); null once terminal.
    """

    pk = models.CompositePrimaryKey("contact_id", "message_id")
    contact_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    slot = models.SmallIntegerField()
    cause = models.CharField(max_length=120)
    channel = models.CharField(max_length=12)
    purpose = models.CharField(max_length=14)
    template_version_id = models.BigIntegerField()
    journey_id = models.IntegerField(null=True)
    state = models.CharField(max_length=10, default="queued", db_default="queued")
    reason = models.CharField(max_length=60, default="", db_default="")
    detail = models.TextField(default="", db_default="")
    address = models.TextField(default="", db_default="")
    subject = models.TextField(default="", db_default="")
    tries = models.SmallIntegerField(default=0, db_default=0)
    wake_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    params = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "message"
        constraints = [
            models.UniqueConstraint(fields=["contact_id", "cause"], name="message_cause_once")
        ]
        indexes = [
            models.Index(
                fields=["slot", "wake_at"],
                name="message_due",
                condition=models.Q(wake_at__isnull=False),
            ),
            models.Index(
                fields=["lease_until"],
                name="message_leased",
                condition=models.Q(state="sending"),
            ),
            models.Index(fields=["-created_at", "-message_id"], name="message_newest"),
            models.Index(
                fields=["journey_id", "template_version_id"],
                name="message_by_journey",
                condition=models.Q(journey_id__isnull=False),
            ),
        ]


class ChannelState(models.Model):
    """Whether a channel may send. A row stands once something was to be said about it.

    ``paused_at`` with ``reason`` and ``detail``: by a person or by a configuration error;
    ``failing_since`` while the other side cannot be reached. Both are alarms of the health
    page. Times are the machine's.
    """

    kind = models.CharField(max_length=12, primary_key=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "channel_state"


class TrapMail(models.Model):
    """What a sandbox would have sent: the whole message as the channel got it."""

    at = models.DateTimeField(default=clock.now, db_index=True)
    contact_id = models.BigIntegerField(db_index=True)
    message_id = models.BigIntegerField()
    channel = models.CharField(max_length=12)
    recipient = models.TextField()
    subject = models.TextField(blank=True)
    raw = models.BinaryField()

    class Meta:
        db_table = "trap_mail"
