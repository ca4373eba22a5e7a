"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class EnrichmentConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.enrichment"
    label = "enrichment"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.enrichment import queries
        from trellis.enrichment.models import EnrichmentRun
        from trellis.people.registry import ContactTable, register
        from trellis.rules.usage import USERS

        register(ContactTable(model=EnrichmentRun, mode="move"))
        USERS.register("enrichment", queries.uses)
