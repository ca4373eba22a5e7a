"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.scoring"
    label = "scoring"
    default_auto_field = "django.db.models.BigAutoField"
