"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"
