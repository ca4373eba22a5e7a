"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class SourcesConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.people.registry import ContactTable, register
        from trellis.sources import fields
        from trellis.sources.models import Touch

        fields.register()
        register(ContactTable(model=Touch, mode="move"))
