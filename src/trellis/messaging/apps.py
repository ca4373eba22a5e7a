"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"
