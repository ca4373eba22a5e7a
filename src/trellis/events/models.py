"""The one log, its catalogue, the inbox, and signals."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from trellis.core import clock


class EventName(models.Model):
    """The catalogue: a name seen in the log. ``type`` is the Segment call or ``system``."""

    name = models.CharField(max_length=200)
    type = models.CharField(max_length=10)
    description = models.TextField(blank=True)
    first_seen = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "event_name"
        constraints = [models.UniqueConstraint(fields=["type", "name"], name="event_name_once")]

    @override
    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """An immutable fact about a contact at a time. Monthly partitions by ``at``; the
    table is made by SQL in the migrations.

    ``event_id`` is a hash of the message id; ``origin_id`` the contact it was first logged
    for, where a merge moved it; ``cause`` and ``depth`` say what led to it; ``epoch`` under
    which definitions its signals were counted (``core.locks``).
    """

    pk = models.CompositePrimaryKey("contact_id", "event_id", "at")
    contact_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    at = models.DateTimeField()
    name_id = models.IntegerField()
    epoch = models.IntegerField()
    depth = models.SmallIntegerField()
    key_id = models.IntegerField(null=True)
    origin_id = models.BigIntegerField(null=True)
    cause = models.BigIntegerField(null=True)
    logged_at = models.DateTimeField()
    props = models.JSONField()

    class Meta:
        db_table = "event"
        managed = False


class Seen(models.Model):
    """De-duplication by message id. ``stamp`` is the client's own timestamp in
    milliseconds (equal in a retry, 0 where it sent none), so that inserts stay local."""

    pk = models.CompositePrimaryKey("stamp", "event_id")
    stamp = models.BigIntegerField()
    event_id = models.BigIntegerField()
    seen_on = models.DateField()

    class Meta:
        db_table = "seen"


class Inbox(models.Model):
    """Accepted facts, not yet in the log. One row holds all that one commit accepted:
    ``facts`` is a JSON array of ``events.types.Fact``, ``n`` its length."""

    slot = models.SmallIntegerField()
    n = models.IntegerField()
    received_at = models.DateTimeField(db_default=Now())
    facts = models.BinaryField()

    class Meta:
        db_table = "inbox"


class Rejected(models.Model):
    """An item that was not accepted, kept with its reason; it can be replayed.

    ``call`` and ``sent`` are what the request said around the item: the endpoint's call
    and the batch's ``sentAt``. ``at`` is when it was received.
    """

    at = models.DateTimeField(default=clock.now, db_index=True)
    reason = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    origin = models.CharField(max_length=40)
    call = models.CharField(max_length=10, default="batch", db_default="batch")
    sent = models.CharField(max_length=40, default="", db_default="")
    key_id = models.IntegerField(null=True)
    body = models.BinaryField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rejected"


class Signal(models.Model):
    """A named behaviour: event name + filter on its properties (a rule over ``prop.*``).

    ``status``: building (back-fill runs, progress 0..100), live, or broken (why).
    ``epoch``: batches of this epoch and later count it live; earlier events are back-filled,
    up to ``filled_to`` so far (null: nothing yet; once live, everything).
    ``value_prop``: a property that is kept beside the count: its sum, greatest and smallest
    number, its first and last value (``SignalDaily``); with ``each_value``, also when each of
    its values was said (``SignalValue``). ``contacts``: for how
    many it was ever counted, as of the last night. ``version`` refuses the older of two edits.
    """

    key = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    event_type = models.CharField(max_length=10)
    event_name = models.CharField(max_length=200)
    filter = models.JSONField(default=dict)
    value_prop = models.CharField(max_length=64, blank=True)
    each_value = models.BooleanField(default=False, db_default=False)
    bucket = models.CharField(max_length=12, default="engagement")
    status = models.CharField(max_length=8, default="building")
    why = models.TextField(blank=True)
    progress = models.SmallIntegerField(default=0)
    epoch = models.IntegerField(default=1)
    filled_to = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    description = models.TextField(default="", db_default="", blank=True)
    contacts = models.IntegerField(default=0, db_default=0)
    version = models.IntegerField(default=1, db_default=1)
    changed_by = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        db_table = "signal"

    @override
    def __str__(self) -> str:
        return self.name


class SignalDaily(models.Model):
    """How often a contact did something on a day (days of the instance's zone).

    Of the signal's ``value_prop``: ``sum``, ``high`` and ``low`` of its numbers; and
    ``first_value`` and ``last_value``, each after its time in 20 digits
    (``20261123150000000000cake``), so that the least is the first and the greatest the last.
    """

    pk = models.CompositePrimaryKey("contact_id", "signal_id", "day")
    contact_id = models.BigIntegerField()
    signal_id = models.IntegerField()
    day = models.DateField()
    n = models.IntegerField()
    sum = models.FloatField(default=0, db_default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    high = models.FloatField(null=True)
    low = models.FloatField(null=True)
    first_value = models.TextField(null=True, db_collation="C")  # none differs from ""
    last_value = models.TextField(null=True, db_collation="C")  # none differs from ""

    class Meta:
        db_table = "signal_daily"


class SignalValue(models.Model):
    """When on a day a contact did something with a value of the signal's ``value_prop``, for
    signals with ``each_value``: "viewed a product, then bought the same one" compares these."""

    pk = models.CompositePrimaryKey("contact_id", "signal_id", "day", "value")
    contact_id = models.BigIntegerField()
    signal_id = models.IntegerField()
    day = models.DateField()
    value = models.TextField(db_collation="C")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "signal_value"


class ContactDevice(models.Model):
    """A device that a contact came with: ``form`` phone, tablet or desktop, system, browser,
    and the language it asks for; "" where that is not known. ``last_at``: when its newest
    visit began."""

    pk = models.CompositePrimaryKey("contact_id", "form", "os", "browser", "language")
    contact_id = models.BigIntegerField()
    form = models.TextField()
    os = models.TextField()
    browser = models.TextField()
    language = models.TextField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "contact_device"


class SignalDay(models.Model):
    """How often a signal was counted on a day, and for how many contacts; for lists and plots."""

    pk = models.CompositePrimaryKey("signal_id", "day")
    signal_id = models.IntegerField()
    day = models.DateField()
    n = models.IntegerField()
    contacts = models.IntegerField()

    class Meta:
        db_table = "signal_day"


class ContentDay(models.Model):
    """What was looked at, clicked and read on a day: one row for each of the most frequent
    items of a kind (``events.content.KINDS``), and one with an empty ``key`` for all others.

    ``n`` times by ``people`` on that day; ``items`` says how many items the row sums up.
    """

    pk = models.CompositePrimaryKey("day", "kind", "key")
    day = models.DateField()
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=300)
    label = models.CharField(max_length=200, blank=True)
    n = models.IntegerField()
    people = models.IntegerField()
    items = models.IntegerField(default=1, db_default=1)

    class Meta:
        db_table = "content_day"


class Decision(models.Model):
    """What an automatic act decided about a contact, and why (principle 5).

    Monthly partitions by ``at``, kept for a set time; made by SQL in the migrations.
    """

    pk = models.CompositePrimaryKey("contact_id", "decision_id", "at")
    contact_id = models.BigIntegerField()
    decision_id = models.BigIntegerField()
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    outcome = models.CharField(max_length=40)
    reason = models.CharField(max_length=60)
    facts = models.JSONField()

    class Meta:
        db_table = "decision"
        managed = False
