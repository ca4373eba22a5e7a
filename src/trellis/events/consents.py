"""Consent said to a person or a program, as a fact with its proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.core import ids
from trellis.core.errors import InvalidInput
from trellis.events import inbox, names, types
from trellis.events.types import Fact
from trellis.people.consent import EVERY_CHANNEL, PURPOSES


def tell(
    actor: Actor,
    contact_id: int,
    *,
    purpose: str,
    given: bool,
    now: datetime,
    channel: str = EVERY_CHANNEL,
    wording: str = "",
    source: str = "",
) -> None:
    """State that a contact gave or withdrew consent; recorded with the next batch.

    Giving one needs the words that were agreed to. Raises ``InvalidInput`` otherwise.
    """
    require(actor, "contacts.write")
    if purpose not in PURPOSES:
        raise InvalidInput(_("There is no purpose %(name)s.") % {"name": purpose})
    if given and not wording.strip():
        raise InvalidInput(_("A consent needs the wording these people agreed to."))
    said: dict[str, Any] = {
        "purpose": purpose,
        "channel": channel,
        "given": given,
        "wording": wording,
        "source": source or actor.label,
        "told_by": actor.label,
    }
    fact = Fact(
        message_id=ids.new_message_id("consent"),
        type=types.SYSTEM,
        name=names.SUBSCRIBED if given else names.UNSUBSCRIBED,
        at=now.timestamp(),
        contact_id=contact_id,
        props={"purpose": purpose, "channel": channel, "how": actor.kind},
        consent=(said,),
        origin="system",
    )
    with transaction.atomic():
        inbox.put([fact])
        word = "gave" if given else "withdrew"
        audit.record(actor, "consent.tell", "contact", contact_id, f"{word} {purpose}", said)
