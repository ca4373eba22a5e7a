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
        """Offer the field of rules, and say how leads follow a merged contact."""
        from trellis.accounts.models import Notice
        from trellis.leads import fields, merging, models
        from trellis.people.registry import ContactTable, register

        fields.register()
        register(
            ContactTable(
                model=models.Lead,
                mode="keep",
                merged=merging.merged,
                undone=merging.undone,
            )
        )
        register(ContactTable(model=models.StageMove, mode="move"))
        register(ContactTable(model=models.Proposal, mode="move"))
        register(ContactTable(model=Notice, mode="move"))
