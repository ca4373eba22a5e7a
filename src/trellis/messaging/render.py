"""From a message and a contact to the bytes that a channel hands over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from liquid.exceptions import LiquidError

from trellis.core.errors import InvalidInput
from trellis.messaging import tokens
from trellis.messaging.content import liquid, mime
from trellis.messaging.content.compile import Compiled, compiled
from trellis.messaging.tokens import Click, Origin
from trellis.messaging.types import MARKETING, Claimed, Parcel, Person
from trellis.people.names import full_name

TEST_CAUSE = "test:"
"""Causes of test messages: their links lead on but state nothing, and change nobody."""


class RenderError(Exception):
    """A template could not be filled for this contact; the sentence says why."""


class Rendered:
    """Subject, HTML and text of one message for one contact."""

    __slots__ = ("html", "subject", "text")

    def __init__(self, subject: str, html: str, text: str) -> None:
        self.subject = subject
        self.html = html
        self.text = text


def origin_of(message: Claimed, template: str, now: datetime) -> Origin:
    """What the links of a message carry."""
    test = message.cause.startswith(TEST_CAUSE)
    return Origin(
        contact_id=0 if test else message.contact_id,
        message_id=message.message_id,
        template=template,
        channel=message.channel,
        purpose=message.purpose,
        sent=int(now.timestamp()),
    )


def fill(
    content: Compiled,
    person: Person,
    params: Mapping[str, Any],
    origin: Origin,
    *,
    track: bool = True,
) -> Rendered:
    """Fill a compiled variant; raises ``RenderError``. Without ``track`` links stay as they
    are and no open is counted, as a preview and the web view need it."""
    base = settings.TRELLIS_URL
    context: dict[str, Any] = {
        "contact": _contact(person),
        "attr": person.attributes,
        "event": params.get("event", {}),
        "params": params,
        "unsubscribe_url": tokens.unsubscribe_url(base, origin),
        "preference_url": tokens.preference_url(base, origin),
        "view_url": tokens.view_url(base, origin),
    }
    if track and origin.contact_id:
        context["open_url"] = tokens.open_url(base, origin)
        context[liquid.TRACK] = _tracker(base, origin)
    try:
        return Rendered(
            mime.clean(content.subject.render(context)),
            content.html.render(context),
            content.text.render(context),
        )
    except LiquidError as error:
        raise RenderError(str(error).splitlines()[0]) from error


def email(message: Claimed, person: Person, recipient: str, now: datetime) -> Parcel:
    """The email of ``message``; raises ``RenderError``. Rendering again gives the same
    Message-ID, so that a receiver can tell a repetition."""
    try:
        content = compiled(message.template_version_id, person.locale)
        recipient = mime.ascii_address(recipient)
    except InvalidInput as error:
        raise RenderError(error.message) from error
    origin = origin_of(message, content.template, now)
    filled = fill(content, person, message.params, origin)
    name = full_name(person.first_name, person.last_name)
    lines = [
        content.head,
        mime.mailbox("To", name, recipient),
        mime.unstructured("Subject", filled.subject),
        _trace(message, content, now),
        b"List-Unsubscribe: <"
        + tokens.unsubscribe_url(settings.TRELLIS_URL, origin).encode()
        + b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        if message.purpose == MARKETING
        else b"Auto-Submitted: auto-generated\r\n",
        mime.body(filled.text, filled.html),
    ]
    return Parcel(
        contact_id=message.contact_id,
        message_id=message.message_id,
        sender=content.sender,
        recipient=recipient,
        subject=filled.subject,
        raw=b"".join(lines),
    )


def _trace(message: Claimed, content: Compiled, now: datetime) -> bytes:
    reference = tokens.message_id_header(content.domain, message.contact_id, message.message_id)
    feedback = f"{message.journey_id or 0}:{content.template}:{message.purpose}:{_sender_id()}"
    return (
        f"Date: {format_datetime(now)}\r\nMessage-ID: {reference}\r\nFeedback-ID: {feedback}\r\n"
    ).encode("ascii")


@lru_cache(maxsize=1)
def _sender_id() -> str:
    """A stable name of this instance for feedback loops of mailbox providers."""
    return "trl" + hashlib.sha256(settings.TRELLIS_URL.encode()).hexdigest()[:10]


def _tracker(base: str, origin: Origin) -> Any:
    own = tuple(
        base + path
        for path in (tokens.UNSUBSCRIBE_PATH, tokens.PREFERENCE_PATH, tokens.VIEW_PATH)
    )

    def track(number: int, url: str) -> str:
        if url.startswith(own):
            return url
        return tokens.click_url(base, Click(origin, number, url))

    return track


def _contact(person: Person) -> dict[str, Any]:
    return {
        "id": person.contact_id,
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": full_name(person.first_name, person.last_name),
        "locale": person.locale,
        "country": person.country,
        "city": person.city,
    }
