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
from trellis.rules.registry import PROVIDERS, Choice, Field, Narrow
from trellis.rules.types import NUMBER, SIGNAL, EventRef, Group, Leaf, Rule

_GROUP = _("Messages")

BY_PEOPLE: Rule = Group("none", (Leaf("prop.human", "lt", Decimal(str(HUMAN)), NUMBER),))
"""Opens and clicks that a person probably made, not a program that checks mails."""

BOUNCES = (
    Choice("hard", _("the address does not exist"), "hard"),
    Choice("soft", _("for the time being"), "soft"),
    Choice("complaint", _("marked as spam"), "complaint"),
)


def provide() -> Iterable[Field]:
    """One field of behaviour per kind of answer; each can be narrowed."""
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
