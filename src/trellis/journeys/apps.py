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
        from trellis.journeys import fields
        from trellis.journeys.models import Enrolment, StepPass
        from trellis.journeys.refs import using_template
        from trellis.journeys.uses import uses
        from trellis.messaging.registry import template_users
        from trellis.people.registry import SLOT, ContactTable, register
        from trellis.rules.usage import USERS

        fields.register()
        USERS.register("journeys", uses)
        register(
            ContactTable(
                model=Enrolment,
                mode="move",
                put={"slot": SLOT},
                # The survivor may be in the same journey: an open run that moved wakes, and
                # the engine settles which of the two goes on, with reason and counts.
                clash="g.live_key IS NOT NULL",
                clash_put={"live_key": "-g.enrolment_id", "wake_at": "g.step_since"},
            )
        )
        register(ContactTable(model=StepPass, mode="move"))
        template_users.register("journey", using_template)
