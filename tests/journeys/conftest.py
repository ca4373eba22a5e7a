"""A small cast for journeys: people, a template, and time that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from textwrap import dedent, indent
from typing import Any

import pytest
from django.db import transaction

from trellis.accounts.types import SYSTEM
from trellis.events.types import Logged
from trellis.journeys import actions, engine
from trellis.journeys.models import Enrolment, Journey, StepPass
from trellis.messaging.models import Template, TemplateVersion
from trellis.people.models import Attribute, Contact, Standing
from trellis.segments.models import Segment

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
"""A Wednesday."""

SLOTS = range(64)


class World:
    """What a test does: people, journeys, events, time."""

    def __init__(self) -> None:
        self.now = NOW
        self._numbers = count(1)

    def cast(self) -> None:
        """What journeys here refer to."""
        for key, kind in (("topic", "text"), ("visits", "number"), ("vip", "boolean")):
            Attribute.objects.create(key=key, label=key, type=kind)
        template = Template.objects.create(key="hello", name="Hello", version=1)
        TemplateVersion.objects.create(template=template, number=1, variants={"": {}})
        Segment.objects.create(key="hot", name="Hot", status="live")

    def person(self, **fields: Any) -> int:
        """A contact with a standing."""
        number = next(self._numbers)
        row = Contact.objects.create(
            **{"email": f"p{number}@example.com", "known": True, **fields}
        )
        Standing.objects.create(contact_id=row.contact_id, first_seen=NOW, last_seen=NOW)
        return row.contact_id

    def know(self, contact_id: int, **attributes: Any) -> None:
        """Give attributes values."""
        row = Contact.objects.get(contact_id=contact_id)
        row.attributes = {**row.attributes, **attributes}
        row.save(update_fields=["attributes"])

    def journey(self, steps: str, head: str = "", key: str = "class") -> Journey:
        """A published journey that starts with the event ``Started``."""
        text = self.text(steps, head, key)
        journey = actions.create(SYSTEM, text)
        actions.publish(SYSTEM, journey.id)
        return Journey.objects.get(id=journey.id)

    def text(self, steps: str, head: str = "", key: str = "class") -> str:
        """The definition that ``journey`` publishes."""
        own = head.strip().startswith("entry:")
        entry = "" if own else "entry:\n  - event: {name: Started}\n"
        body = indent(dedent(steps).strip(), "  ")
        return f"key: {key}\nname: Class\n{entry}{dedent(head).strip()}\nsteps:\n{body}\n"

    def event(
        self,
        contact_id: int,
        name: str = "Started",
        type: str = "track",
        at: datetime | None = None,
        **props: Any,
    ) -> Logged:
        """An event as it was just logged."""
        return Logged(
            contact_id=contact_id,
            event_id=1_000 + next(self._numbers),
            name=name,
            type=type,
            at=at or self.now,
            props=props,
            cause=None,
            depth=0,
            key_id=None,
            origin="api",
        )

    def react(self, *events: Logged) -> None:
        """A batch of events."""
        with transaction.atomic():
            engine.react(events, self.now)

    def start(self, contact_id: int) -> None:
        """The event that most journeys here start with."""
        self.react(self.event(contact_id))

    def tick(self, **ahead: float) -> int:
        """Move time ahead, and run what is due; returns how many runs were taken."""
        self.now += timedelta(**ahead)
        total = 0
        while taken := engine.run_due(SLOTS, self.now):
            total += taken
        return total

    def run_of(self, contact_id: int) -> Enrolment:
        """The contact's newest run."""
        return Enrolment.objects.filter(contact_id=contact_id).order_by("-enrolment_id")[0]

    def path(self, contact_id: int) -> list[str]:
        """What the contact passed: ``step:outcome``."""
        rows = StepPass.objects.filter(contact_id=contact_id).order_by("enrolment_id", "seq")
        return [f"{row.step}:{row.outcome}" for row in rows]


@pytest.fixture
def world(db: None) -> World:
    world = World()
    world.cast()
    return world
