"""A template as a contact would see it, and a sent message as a page. Nothing is tracked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from trellis.core import clock
from trellis.core.errors import InvalidInput, NotFound
from trellis.core.sql import load
from trellis.messaging import render
from trellis.messaging.content.compile import check, choose, compile_version, compiled
from trellis.messaging.deliver import person_of
from trellis.messaging.models import Message, Template, TemplateVersion
from trellis.messaging.render import Rendered
from trellis.messaging.tokens import Origin
from trellis.messaging.types import Person
from trellis.people.models import Contact

_SQL = load("trellis.messaging", "outbox")

SAMPLE = Person(contact_id=0, email="ann@example.com", first_name="Ann", last_name="Example")
"""Who a template is shown as where no contact is chosen."""


def person(contact_id: int) -> Person:
    """A contact as templates see it; raises ``NotFound``."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["people"], {"contacts": [contact_id]})
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such contact."))
    return person_of(row)


def survivor(contact_id: int) -> int:
    """Where a contact stands now that an old link names: itself, or what it was merged into."""
    for _hop in range(10):
        into = (
            Contact.objects.filter(contact_id=contact_id)
            .values_list("merged_into", flat=True)
            .first()
        )
        if into is None:
            break
        contact_id = into
    return contact_id


def draft(
    variants: Mapping[str, Mapping[str, str]],
    purpose: str,
    *,
    contact_id: int | None = None,
    locale: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> Rendered:
    """What unsaved ``variants`` look like to a contact (or a made-up one), in its locale or
    in ``locale``. Raises ``InvalidInput`` with ``problems`` where they cannot be sent."""
    problems = check(variants, purpose)
    if problems:
        raise InvalidInput(
            problems[0].sentence(), problems=[msgspec.to_builtins(item) for item in problems]
        )
    someone = person(contact_id) if contact_id else SAMPLE
    version = TemplateVersion(
        template=Template(key="preview", name="preview", purpose=purpose),
        variants={key: dict(parts) for key, parts in variants.items()},
    )
    key = choose(variants, someone.locale if locale is None else locale)
    try:
        return render.fill(
            compile_version(version, key), someone, params or {}, _nowhere(purpose), track=False
        )
    except render.RenderError as error:
        raise InvalidInput(str(error)) from error


def message_page(contact_id: int, message_id: int) -> Rendered:
    """A message as its recipient got it, filled again; raises ``NotFound``."""
    contact_id = survivor(contact_id)
    message = Message.objects.filter(contact_id=contact_id, message_id=message_id).first()
    if message is None:
        raise NotFound(_("This message is not kept any more."))
    someone = person(contact_id)
    content = compiled(message.template_version_id, someone.locale)
    origin = Origin(
        contact_id=contact_id,
        message_id=message_id,
        template=content.template,
        channel=message.channel,
        purpose=message.purpose,
        sent=int((message.sent_at or clock.now()).timestamp()),
    )
    try:
        return render.fill(content, someone, message.params, origin, track=False)
    except render.RenderError as error:
        raise NotFound(str(error)) from error


def _nowhere(purpose: str) -> Origin:
    return Origin(
        contact_id=0,
        message_id=0,
        template="preview",
        channel="email",
        purpose=purpose,
        sent=int(clock.now().timestamp()),
    )
