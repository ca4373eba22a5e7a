"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ScoringConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.scoring"
    label = "scoring"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        """Offer the fields of rules, and say how scores follow a merged contact."""
        from trellis.people.registry import ContactTable, register
        from trellis.scoring import fields, models

        fields.register()
        register(ContactTable(model=models.Score, mode="keep"))
        register(ContactTable(model=models.ScoreDay, mode="keep"))
        register(ContactTable(model=models.Prediction, mode="keep"))
