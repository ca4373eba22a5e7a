"""Django's entry into this domain."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class JourneysConfig(AppConfig):
    """Registers the domain under its own name."""

    name = "trellis.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        from trellis.journeys.models import Enrolment, StepPass
        from trellis.people.registry import SLOT, ContactTable, register

        register(
            ContactTable(
                model=Enrolment,
                mode="move",
                put={"slot": SLOT},
                clash=(
                    "g.live_key IS NOT NULL AND EXISTS (SELECT 1 FROM enrolment AS w"
                    " WHERE w.contact_id = g.winner AND w.live_key = g.live_key)"
                ),
                clash_put={
                    "live_key": "NULL",
                    "state": "'exited'",
                    "outcome": "'removed'",
                    "reason": "'merged'",
                    "wake_at": "NULL",
                },
            )
        )
        register(ContactTable(model=StepPass, mode="move"))
