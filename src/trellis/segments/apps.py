"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class SegmentsConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        """Offer the field of rules, and say how memberships follow a merged contact."""
        from trellis.people.registry import ContactTable, register
        from trellis.segments import fields, membership, models

        fields.register()
        register(ContactTable(model=models.Membership, mode="keep", counted=membership.follow))
        register(ContactTable(model=models.SegmentMove, mode="keep"))
