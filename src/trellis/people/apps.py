"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class PeopleConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.people import models
        from trellis.people.registry import ContactTable, register

        for model in (models.Contact, models.Standing, models.ContactIdentity, models.Identity):
            register(ContactTable(model=model, mode="own"))
        register(ContactTable(model=models.Merge, mode="own"))
        register(ContactTable(model=models.IdentityConflict, mode="own"))
        for queue in (models.Likeness, models.LikenessDue, models.Duplicate):
            register(ContactTable(model=queue, mode="own"))
        register(ContactTable(model=models.Tombstone, mode="own", erase=False))
        register(ContactTable(model=models.Consent, mode="move"))
