"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class EventsConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.events import fields, inbox, models
        from trellis.people import told
        from trellis.people.registry import ContactTable, register

        fields.register()
        told.tellers.register("inbox", inbox.tell)
        register(ContactTable(model=models.Event, mode="move", origin="origin_id"))
        register(
            ContactTable(
                model=models.SignalDaily,
                mode="add",
                total=("n", "sum"),
                first=("first_at", "low", "first_value"),
                last=("last_at", "high", "last_value"),
                undone=_recount,
            )
        )
        register(
            ContactTable(
                model=models.SignalValue, mode="add", first=("first_at",), last=("last_at",)
            )
        )
        register(ContactTable(model=models.ContactDevice, mode="keep"))
        register(ContactTable(model=models.Decision, mode="move"))


def _recount(winner: int, loser: int) -> None:
    """Count both contacts of an undone merge again from the log."""
    from trellis.events import signals

    signals.recount([winner, loser])
