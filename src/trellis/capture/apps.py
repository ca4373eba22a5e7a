"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class CaptureConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.capture"
    label = "capture"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.capture import fields

        fields.register()
