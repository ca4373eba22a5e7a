"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class MessagingConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.messaging import fields
        from trellis.messaging.models import Message, TrapMail
        from trellis.people.registry import SLOT, ContactTable, register

        fields.register()
        register(
            ContactTable(
                model=Message,
                mode="move",
                put={"slot": SLOT},
                clash=(
                    "EXISTS (SELECT 1 FROM message AS w"
                    " WHERE w.contact_id = g.winner AND w.cause = g.cause)"
                ),
                clash_put={"cause": "left(g.cause, 90) || ':of:' || g.loser"},
            )
        )
        register(ContactTable(model=TrapMail, mode="move"))
