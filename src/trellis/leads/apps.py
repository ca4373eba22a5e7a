"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class LeadsConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.leads"
    label = "leads"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.leads.models import Lead, StageMove
        from trellis.people.registry import ContactTable, register

        register(ContactTable(model=Lead, mode="keep"))
        register(ContactTable(model=StageMove, mode="move"))
