"""What rules can read of journeys: where somebody is, was, and what was reached."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.events import names
from trellis.events.types import SYSTEM
from trellis.journeys.models import Journey
from trellis.rules.registry import PROVIDERS, Choice, Field, Join, Narrow
from trellis.rules.types import CHOICES, SIGNAL, EventRef, Leaf

_GROUP = _("Journeys")

RUNS = Join(
    "jr",
    "LEFT JOIN (SELECT x.contact_id, array_agg(DISTINCT x.journey_id) AS ever,"
    " array_agg(DISTINCT x.journey_id) FILTER (WHERE x.live_key IS NOT NULL) AS now,"
    " array_agg(DISTINCT x.journey_id) FILTER (WHERE x.outcome = 'goal') AS goal,"
    " array_agg(DISTINCT x.journey_id) FILTER (WHERE x.outcome = 'end') AS finished"
    " FROM enrolment x WHERE {scope} GROUP BY x.contact_id) jr"
    " ON jr.contact_id = c.contact_id",
    "x.contact_id",
)

MOVED_BY = frozenset({names.JOURNEY_ENTERED, names.JOURNEY_ENDED, names.JOURNEY_GOAL})


def provide() -> Iterable[Field]:
    """Sets of journeys, and their messages counted as behaviour."""
    rows = Journey.objects.order_by("name")
    journeys = tuple(Choice(row.key, row.name, row.pk) for row in rows)
    for key, label in (
        ("now", _("is in the journey")),
        ("ever", _("was ever in the journey")),
        ("goal", _("reached the goal of the journey")),
        ("finished", _("finished the journey")),
    ):
        yield Field(
            f"journey.{key}",
            label,
            CHOICES,
            f"jr.{key}",
            choices=journeys,
            group=_GROUP,
            join=RUNS,
            moved_by=MOVED_BY,
        )
    yield Field(
        "journey.message_sent",
        _("was sent a message by a journey"),
        SIGNAL,
        event=EventRef(
            SYSTEM, names.MESSAGE_SENT, Leaf("prop.journey", "not_empty", None, "text")
        ),
        narrows=(Narrow("journey", _("journey"), "journey", journeys),),
        group=_GROUP,
    )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("journeys", provide)
