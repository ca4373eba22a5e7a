"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ReportsConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        """Say which signals and stages saved funnels read."""
        from trellis.reports import funnels
        from trellis.rules.usage import USERS

        USERS.register("reports", funnels.uses)
