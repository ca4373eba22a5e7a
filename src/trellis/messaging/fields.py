"""What rules can read of messages: each kind of answer, counted like other behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trellis.events import names
from trellis.events.types import SYSTEM
from trellis.messaging.humans import HUMAN
from trellis.messaging.models import Template
from trellis.rules.registry import PROVIDERS, Choice, Field, Join, Narrow
from trellis.rules.types import CHOICES, DATE, NUMBER, SIGNAL, EventRef, Group, Leaf, Rule

_GROUP = _("Messages")

BY_PEOPLE: Rule = Group("none", (Leaf("prop.human", "lt", Decimal(str(HUMAN)), NUMBER),))
"""Opens and clicks that a person probably made, not a program that checks mails."""

BOUNCES = (
    Choice("hard", _("the address does not exist"), "hard"),
    Choice("soft", _("for the time being"), "soft"),
    Choice("complaint", _("marked as spam"), "complaint"),
)

UNSUBSCRIBED = "unsubscribed"

AGAINST = (
    Choice("hard_bounce", _("the address does not exist"), "hard_bounce"),
    Choice("complaint", _("marked as spam"), "complaint"),
    Choice("soft_bounces", _("too many bounces in a row"), "soft_bounces"),
    Choice("recipient_refused", _("the address was refused"), "recipient_refused"),
    Choice(UNSUBSCRIBED, _("unsubscribed or refused"), UNSUBSCRIBED),
)
"""Why marketing does not reach somebody on a channel: the reasons of suppressions, and the
newest word on marketing where it is a no."""

_NO_EMAIL = Join(
    "zb",
    # The address that messages go to (outbox.sql, people), where it is suppressed.
    "LEFT JOIN (SELECT i.contact_id, min(z.reason) AS reason, min(z.at) AS at"
    " FROM contact_identity i JOIN contact t ON t.contact_id = i.contact_id"
    " JOIN suppression z ON z.value = i.value AND z.kind = i.kind"
    " WHERE i.kind = 'email' AND {scope} AND (t.email = i.value OR t.email = ''"
    " AND NOT EXISTS (SELECT 1 FROM contact_identity o WHERE o.contact_id = i.contact_id"
    " AND o.kind = 'email' AND o.value < i.value))"
    " GROUP BY i.contact_id) zb ON zb.contact_id = c.contact_id"
    " LEFT JOIN (SELECT i.contact_id,"
    " (array_agg(i.given ORDER BY i.at DESC, i.consent_id DESC))[1] AS given, max(i.at) AS at"
    " FROM consent i WHERE {scope} AND i.purpose = 'marketing' AND i.channel IN ('email', '*')"
    " GROUP BY i.contact_id) zw ON zw.contact_id = c.contact_id",
    "i.contact_id",
)


def provide() -> Iterable[Field]:
    """One field of behaviour per kind of answer, which can be narrowed; and why somebody
    may not be written to."""
    yield Field(
        "blocked.email",
        _("reasons not to email"),
        CHOICES,
        "array_remove(ARRAY[zb.reason::text, CASE WHEN NOT zw.given"
        f" THEN '{UNSUBSCRIBED}' END], NULL)",
        choices=AGAINST,
        join=_NO_EMAIL,
        group=_GROUP,
    )
    yield Field(
        "blocked.email.at",
        _("reasons not to email: the newest"),
        DATE,
        "greatest(zb.at, CASE WHEN NOT zw.given THEN zw.at END)",
        zoned=True,
        join=_NO_EMAIL,
        group=_GROUP,
    )
    yield from _answers()


def _answers() -> Iterable[Field]:
    rows = Template.objects.order_by("name")
    templates = tuple(Choice(row.key, row.name, row.key) for row in rows)
    template = Narrow("template", _("template"), "template", templates)
    channel = Narrow("channel", _("channel"), "channel")
    link = Narrow("link", _("the link contains"), "url", part=True)
    kind = Narrow("type", _("kind of bounce"), "type", BOUNCES)
    reason = Narrow("reason", _("reason"), "reason")
    yield _field("sent", _("was sent a message"), names.MESSAGE_SENT, template, channel)
    yield _field("delivered", _("a message was delivered"), names.MESSAGE_DELIVERED, channel)
    yield _field(
        "opened", _("opened a message"), names.MESSAGE_OPENED, template, channel, only=BY_PEOPLE
    )
    yield _field(
        "clicked",
        _("clicked in a message"),
        names.MESSAGE_CLICKED,
        template,
        link,
        channel,
        only=BY_PEOPLE,
    )
    yield _field("bounced", _("a message bounced"), names.MESSAGE_BOUNCED, kind, channel)
    yield _field(
        "skipped", _("a message was held back"), names.MESSAGE_SKIPPED, template, reason
    )
    yield _field("failed", _("a message failed"), names.MESSAGE_FAILED, template, channel)
    yield _field("unsubscribed", _("unsubscribed"), names.UNSUBSCRIBED, template, channel)


def _field(
    key: str, label: Promise, name: str, *narrows: Narrow, only: Rule | None = None
) -> Field:
    return Field(
        f"message.{key}",
        label,
        SIGNAL,
        event=EventRef(SYSTEM, name, only),
        narrows=narrows,
        group=_GROUP,
    )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("messaging", provide)
