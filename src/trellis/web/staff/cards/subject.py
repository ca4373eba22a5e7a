"""What a card of the profile is, and the contact it is drawn for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from trellis.accounts.types import Actor, Right
from trellis.core import clock
from trellis.events import counted
from trellis.events.counted import Counted
from trellis.journeys import queries as journeys
from trellis.leads import queries as leads
from trellis.leads.models import Line
from trellis.messaging import queries as messaging
from trellis.messaging.queries import Filter
from trellis.people import queries as people
from trellis.people.models import Attribute, Consent
from trellis.people.queries import Profile
from trellis.rules import evaluate
from trellis.rules.registry import Fields
from trellis.scoring.models import ScoreModel
from trellis.web.staff import timeline
from trellis.web.staff.timeline import Names

MESSAGES = 8
"""Messages that the page reads, the newest ones."""

Place = Literal["head", "now", "story", "about"]
"""Where a card stands: above all; why and what next; what happened; who."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One contact on one request, and what more than one card reads; read once, when first
    asked for, in a number of queries that does not grow with the contact."""

    contact: Profile
    actor: Actor
    got: Mapping[str, str] = field(default_factory=dict)
    """The query of the address: the filters of the timeline."""
    typed: Mapping[str, Any] = field(default_factory=dict)
    """What was typed into a form of the page that was refused; it is shown again."""
    now: datetime = field(default_factory=clock.now)

    @property
    def id(self) -> int:
        """The number of the contact."""
        return self.contact.contact_id

    def refused(self, line: str) -> dict[str, Mapping[str, Any]]:
        """What was typed into a refused act on the lead in a line, by act."""
        act = self.typed.get("act")
        return {act: self.typed} if act and self.typed.get("line", "") == line else {}

    @cached_property
    def _lifecycle(self) -> tuple[Sequence[Line], dict[int, leads.StageRow]]:
        return leads.whole()

    @property
    def every_stage(self) -> dict[int, leads.StageRow]:
        """The stages of all lines by id."""
        return self._lifecycle[1]

    @cached_property
    def lines(self) -> dict[int, Line]:
        """The live business lines by id, the default one first."""
        return {line.pk: line for line in self._lifecycle[0]}

    @cached_property
    def in_lines(self) -> Sequence[leads.OfContact]:
        """The leads of the contact, the default line first."""
        return leads.of_contact(self.id)

    @cached_property
    def stages(self) -> dict[int, leads.StageRow]:
        """The stages of the default line by id."""
        default = {number for number, line in self.lines.items() if line.default}
        return {
            number: row for number, row in self.every_stage.items() if row.line_id in default
        }

    @cached_property
    def consents(self) -> list[Consent]:
        """Every consent given or withdrawn, the newest first."""
        return people.consents(self.id)

    @cached_property
    def runs(self) -> Sequence[journeys.Run]:
        """The runs of the contact through journeys, the newest first."""
        return journeys.of_contact(self.id)

    @cached_property
    def ahead(self) -> Sequence[journeys.Ahead]:
        """What lies before those runs that are open, the next to move first."""
        return journeys.ahead(self.runs)

    @cached_property
    def messages(self) -> Sequence[messaging.Line]:
        """The newest messages."""
        return messaging.messages(Filter(contact_id=self.id), limit=MESSAGES)

    @cached_property
    def signals(self) -> Sequence[Counted]:
        """What they did, counted by signal, the most frequent first."""
        return counted.of_contact(self.id, self.now)

    @cached_property
    def fields(self) -> Fields:
        """What rules can read, as of the epoch of this request."""
        return evaluate.fields()

    @cached_property
    def names(self) -> Names:
        """What segments, journeys, templates and stages are called."""
        stages = leads.named(self.every_stage.values(), self.lines)
        return {**timeline.keyed(), "stage": stages}

    @cached_property
    def models(self) -> Sequence[ScoreModel]:
        """The score models that count, the default one first."""
        return list(ScoreModel.objects.filter(active=True).order_by("-default", "name"))

    @property
    def model(self) -> ScoreModel | None:
        """The default score model."""
        return next((row for row in self.models if row.default), None)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The definitions of attributes in use by key."""
        return {row.key: row for row in people.attributes()}


@dataclass(frozen=True, kw_only=True)
class Card:
    """One part of the profile: a function that gives its context (``this`` in the template),
    or None where there is nothing to show, and a template of the same name under
    ``staff/contacts/cards``. Seen by those who have ``right``. The number of queries of the
    function must not depend on the data."""

    key: str
    place: Place
    context: Callable[[Subject], Mapping[str, Any] | None]
    right: Right = "contacts.read"

    @property
    def template(self) -> str:
        """The template that draws it."""
        return f"staff/contacts/cards/{self.key}.html"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A card with its context, ready for the page."""

    key: str
    template: str
    this: Mapping[str, Any]


def shown(cards: Sequence[Card], subject: Subject) -> dict[str, list[Shown]]:
    """The cards that have something to show to the actor, by place, in their order."""
    places: dict[str, list[Shown]] = {"head": [], "now": [], "story": [], "about": []}
    for card in cards:
        if not subject.actor.may(card.right):
            continue
        context = card.context(subject)
        if context is not None:
            found = Shown(key=card.key, template=card.template, this=context)
            places[card.place].append(found)
    return places
