"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
